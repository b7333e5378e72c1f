/** "5 min ago", ticking; the exact moment on hover and for machines. */
import { Tooltip } from '@mantine/core';

import { formatExact, formatRelative } from '@/lib/format';
import { useNow } from '@/lib/hooks/useNow';

export function RelativeTime({ time, none = '—' }: { time: string | null | undefined; none?: string }) {
  const now = useNow();
  if (!time) return <span>{none}</span>;
  const moment = new Date(time);
  return (
    <Tooltip label={formatExact(moment)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={time} className="num">
        {formatRelative(moment, now)}
      </time>
    </Tooltip>
  );
}
