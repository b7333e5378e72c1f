import type { CSSProperties, Ref } from 'react';

import type { Shown } from './DataTable';
import classes from './DataTable.module.css';

interface Props<T> {
  ref: Ref<HTMLDivElement>;
  index: number;
  top: number;
  row: T;
  columns: Shown<T>[];
  tracks: CSSProperties;
  narrow: boolean;
}

export function DataRow<T>({ ref, index, top, row, columns, tracks, narrow }: Props<T>) {
  return (
    <div
      ref={ref}
      role="row"
      data-index={index}
      aria-rowindex={index + 2}
      className={narrow ? classes.card : classes.row}
      style={{ position: 'absolute', insetInline: 0, transform: `translateY(${top}px)`, ...tracks }}
    >
      {columns.map(({ column, at }) =>
        narrow && column.narrow === 'hide' ? null : (
          <div role="cell" key={column.id} aria-colindex={at} className={narrow ? classes.line : classes.cell} data-align={column.align} data-title={column.narrow === 'title' || undefined}>
            {narrow && column.narrow !== 'title' ? <span className={classes.label}>{column.header}</span> : null}
            {column.render(row)}
          </div>
        ),
      )}
    </div>
  );
}
