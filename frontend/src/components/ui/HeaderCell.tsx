import { UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';

import type { Column, Sort } from './DataTable';
import classes from './DataTable.module.css';

interface Props<T> {
  column: Column<T>;
  at?: number;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
}

export function HeaderCell<T>({ column, at, sort, onSort }: Props<T>) {
  const sorted = sort?.by === column.id ? sort : undefined;
  const Arrow = sorted?.down ? IconArrowDown : IconArrowUp;
  return (
    <div role="columnheader" aria-colindex={at} className={classes.cell} data-align={column.align} aria-sort={sorted && (sorted.down ? 'descending' : 'ascending')}>
      {column.sortable && onSort ? (
        <UnstyledButton className={classes.sort} onClick={() => onSort({ by: column.id, down: sorted ? !sorted.down : column.align === 'right' })}>
          {column.header}
          {sorted ? <Arrow size={13} aria-hidden /> : null}
        </UnstyledButton>
      ) : (
        column.header
      )}
      {column.note ? ' ' : null}
      {column.note ? <span className={classes.note}>{column.note}</span> : null}
    </div>
  );
}
