import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';

import { show } from '@/test/render';

import { Halves } from './Halves';

function Step() {
  const [answer, setAnswer] = useState<string | null>(null);
  return <Halves left={<button onClick={() => setAnswer('It failed')}>Ask</button>} right={<p>{answer}</p>} rightName="Answer" answer={answer} />;
}

test('on a narrow screen an answer is shown when it comes, and the form is one tap away', async () => {
  const wide = window.matchMedia('');
  const narrow = vi.spyOn(window, 'matchMedia').mockImplementation((media) => ({ ...wide, media, matches: media.includes('max-width') }));
  const user = userEvent.setup();
  show(<Step />);
  await user.click(screen.getByRole('button', { name: 'Ask' }));
  expect(screen.getByText('It failed')).toBeVisible();
  await user.click(screen.getByRole('radio', { name: 'Form' }));
  expect(screen.getByRole('button', { name: 'Ask' })).toBeVisible();
  narrow.mockRestore();
});
