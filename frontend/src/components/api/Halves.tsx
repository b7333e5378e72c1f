/** A step's two halves side by side; on a narrow screen one at a time, and neither loses what it holds. */
import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';

import classes from './Wizard.module.css';

interface Props {
  left: ReactNode;
  right: ReactNode;
  /** What the right half shows, such as "Answer". */
  rightName?: string;
}

export function Halves({ left, right, rightName = 'Request' }: Props) {
  const narrow = useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false });
  const [shown, setShown] = useState<'left' | 'right'>('left');
  return (
    <div className={classes.halves}>
      {narrow ? (
        <SegmentedControl
          aria-label="What to see"
          value={shown}
          onChange={(value) => setShown(value as 'left' | 'right')}
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
