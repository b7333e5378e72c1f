/**
 * A table of any length: only the visible rows are in the document, and of a wide one only the visible
 * columns. Below 640 px each row becomes a small list of its values. Sorting is the caller's when `sort` is given.
 */
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type CSSProperties, type ReactNode, type RefObject } from 'react';

import { DataRow } from './DataRow';
import { HeaderCell } from './HeaderCell';
import classes from './DataTable.module.css';

export interface Column<T> {
  id: string;
  header: string;
  render: (row: T) => ReactNode;
  /** A CSS grid track, such as `minmax(180px, 2fr)`. */
  width: string;
  align?: 'right';
  sortable?: boolean;
  /** A second, smaller line under the header, such as a type. */
  note?: string;
  /** On a narrow screen: shown alone on top, or left out. */
  narrow?: 'title' | 'hide';
}

export interface Sort {
  by: string;
  down: boolean;
}

export interface Shown<T> {
  column: Column<T>;
  /** Its place among all columns, from 1, where not all are in the document. */
  at?: number;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** Called when the end comes into view: ask for more. */
  onEnd?: () => void;
  /** A line under the last row, such as "Loading more". */
  foot?: ReactNode;
  maxHeight?: string;
  /** Stays a table, scrolling sideways, on a narrow screen too. */
  wide?: boolean;
}

const ROW_PX = 38;
const AHEAD = 10;

export function DataTable<T>({ label, columns, rows, rowKey, sort, onSort, onEnd, foot, maxHeight, wide = false }: Props<T>) {
  const scroll = useRef<HTMLDivElement>(null);
  const small = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false });
  const narrow = small && !wide;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => (narrow ? 96 : ROW_PX),
    overscan: 12,
    initialRect: { width: 1000, height: 800 },
  });
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (lastSeen >= rows.length - AHEAD) onEnd?.();
  }, [lastSeen, rows.length, onEnd]);

  const { shown, tracks, width } = useShown(columns, scroll, wide);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex - what scrolls must be reachable by keyboard
    <div ref={scroll} className={classes.scroll} style={{ maxHeight: maxHeight ?? 'calc(100dvh - 190px)' }} tabIndex={0} role="region" aria-label={label}>
      <div role="table" aria-label={label} aria-rowcount={rows.length + 1} aria-colcount={wide ? columns.length : undefined} className={classes.table} style={{ minWidth: width }}>
        <div role="rowgroup" className={narrow ? classes.hidden : classes.head}>
          <div role="row" className={classes.row} style={tracks} aria-rowindex={1}>
            {shown.map(({ column, at }) => (
              <HeaderCell key={column.id} column={column} at={at} sort={sort} onSort={onSort} />
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <DataRow
                key={rowKey(row)}
                ref={virtual.measureElement}
                index={item.index}
                top={item.start}
                row={row}
                columns={shown}
                tracks={narrow ? { gridTemplateColumns: '1fr' } : tracks}
                narrow={narrow}
              />
            );
          })}
        </div>
      </div>
      {foot ? <div className={classes.foot}>{foot}</div> : null}
    </div>
  );
}

/** The columns in the document, and how they are laid out: all of them, or of a wide table those in view, at their pixels. */
function useShown<T>(columns: Column<T>[], scroll: RefObject<HTMLDivElement | null>, wide: boolean): { shown: Shown<T>[]; tracks: CSSProperties; width?: number } {
  const virtual = useVirtualizer({
    horizontal: true,
    enabled: wide,
    count: columns.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => Number.parseInt(columns[index]?.width ?? '', 10),
    getItemKey: (index) => columns[index]?.id ?? index, // a new one each time: another dataset's columns have other widths
    overscan: 3,
    initialRect: { width: 1000, height: 800 },
  });
  const gridTemplateColumns = (some: Column<T>[]) => some.map(({ width }) => width).join(' ');
  if (!wide) return { shown: columns.map((column) => ({ column })), tracks: { gridTemplateColumns: gridTemplateColumns(columns) } };
  const items = virtual.getVirtualItems();
  const shown = items.flatMap(({ index }) => {
    const column = columns[index];
    return column === undefined ? [] : [{ column, at: index + 1 }];
  });
  return {
    shown,
    tracks: { gridTemplateColumns: gridTemplateColumns(shown.map(({ column }) => column)), paddingInlineStart: items[0]?.start ?? 0 },
    width: virtual.getTotalSize(),
  };
}
