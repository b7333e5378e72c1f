/** Code to take along, with a button that copies it. */
import { Button, Code, CopyButton, Group } from '@mantine/core';

export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div>
      <Group justify="flex-end" mb={4}>
        <CopyButton value={code}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy} aria-label={copied ? 'Copied' : `Copy: ${label}`}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex - what scrolls must be reachable by keyboard */}
      <Code block tabIndex={0} aria-label={label}>
        {code}
      </Code>
    </div>
  );
}
