/** A step's two halves side by side; on a narrow screen one at a time: neither loses what it holds, and an answer is shown. */
import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';

import classes from './Wizard.module.css';

interface Props {
  left: ReactNode;
  right: ReactNode;
  /** What the right half shows, such as "Answer". */
  rightName?: string;
  /** What came back, if anything did: it takes the one place there is. */
  answer?: unknown;
}

export function Halves({ left, right, rightName = 'Request', answer = null }: Props) {
  const narrow = useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false });
  const [chosen, setChosen] = useState({ answer, half: 'left' });
  const shown = chosen.answer === answer ? chosen.half : answer === null ? 'left' : 'right';
  return (
    <div className={classes.halves}>
      {narrow ? (
        <SegmentedControl
          aria-label="What to see"
          value={shown}
          onChange={(half) => setChosen({ answer, half })}
          data={[
            { value: 'left', label: 'Form' },
            { value: 'right', label: rightName },
          ]}
        />
      ) : null}
      <div hidden={narrow && shown !== 'left'}>{left}</div>
      <section hidden={narrow && shown !== 'right'} className={classes.right} aria-label={rightName}>
        {right}
      </section>
    </div>
  );
}
