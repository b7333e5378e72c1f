/** A step's two halves side by side; on a narrow screen the right one becomes a tab. */
import { Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';

import classes from './Wizard.module.css';

interface Props {
  left: ReactNode;
  right: ReactNode;
  /** What the right half shows, such as "Answer". */
  rightName?: string;
}

export function Halves({ left, right, rightName = 'Request' }: Props) {
  const narrow = useMediaQuery('(max-width: 62em)');
  if (!narrow) {
    return (
      <div className={classes.halves}>
        <div>{left}</div>
        <section className={classes.right} aria-label={rightName}>
          {right}
        </section>
      </div>
    );
  }
  return (
    <Tabs defaultValue="form" keepMounted>
      <Tabs.List mb="md">
        <Tabs.Tab value="form">Form</Tabs.Tab>
        <Tabs.Tab value="right">{rightName}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="form">{left}</Tabs.Panel>
      <Tabs.Panel value="right" className={classes.right}>
        {right}
      </Tabs.Panel>
    </Tabs>
  );
}
