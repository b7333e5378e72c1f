/** A list of options of any length by keyboard and mouse; only what is visible is in the document. */
import { Group, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useId, useRef, useState, type KeyboardEvent } from 'react';

import type { Endpoint } from '@/lib/api/client';

import classes from './Wizard.module.css';

interface Props {
  endpoints: Endpoint[];
  value: string | null;
  onChange: (endpoint: Endpoint) => void;
}

const ROW_PX = 50;
const PAGE_ROWS = 5;

export function EndpointList({ endpoints, value, onChange }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const [at, setAt] = useState(0);
  const active = Math.min(at, Math.max(endpoints.length - 1, 0));
  const virtual = useVirtualizer({
    count: endpoints.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    initialRect: { width: 500, height: 280 },
  });

  function onKeyDown(event: KeyboardEvent) {
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + PAGE_ROWS,
      PageUp: active - PAGE_ROWS,
      Home: 0,
      End: endpoints.length - 1,
    };
    const move = moves[event.key];
    const here = endpoints[active];
    if (move !== undefined) {
      const next = Math.min(Math.max(move, 0), endpoints.length - 1);
      setAt(next);
      virtual.scrollToIndex(next);
    } else if ((event.key === 'Enter' || event.key === ' ') && here !== undefined) {
      onChange(here);
    } else {
      return;
    }
    event.preventDefault();
  }

  if (endpoints.length === 0) return <Text c="dimmed">No endpoint has these words.</Text>;
  return (
    <div
      ref={scroll}
      role="listbox"
      aria-label="Endpoints"
      aria-activedescendant={`${prefix}-${active}`}
      tabIndex={0}
      className={classes.list}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const endpoint = endpoints[item.index];
          return endpoint === undefined ? null : (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events - the list has the keys (ARIA listbox)
            <div
              key={endpoint.id}
              id={`${prefix}-${item.index}`}
              role="option"
              aria-selected={endpoint.id === value}
              aria-setsize={endpoints.length}
              aria-posinset={item.index + 1}
              tabIndex={-1}
              data-active={item.index === active}
              className={classes.option}
              style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}
              onClick={() => {
                setAt(item.index);
                onChange(endpoint);
              }}
            >
              <Group gap="xs" wrap="nowrap">
                <Text fz="xs" c="dimmed" ff="monospace" w={38}>
                  {endpoint.method.toUpperCase()}
                </Text>
                <Text fz="sm" ff="monospace" truncate>
                  {endpoint.path || endpoint.id}
                </Text>
              </Group>
              <Text fz="xs" c="dimmed" truncate pl={48}>
                {endpoint.summary}
              </Text>
            </div>
          );
        })}
      </div>
    </div>
  );
}
