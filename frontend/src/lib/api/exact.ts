/** JSON in which a whole number too large for a JavaScript number keeps its digits, as text: an id stays that id. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

/** Browsers without the third argument (Safari before 18.4) round, as they always did. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value;
}
