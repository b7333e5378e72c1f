/** Says when live events stopped coming, and since when; silent while all is well. */
import { Badge, Tooltip } from '@mantine/core';

import { formatClock } from '@/lib/format';
import { useLive } from '@/stores/live.store';

export function LiveNotice() {
  const lostAt = useLive((state) => state.lostAt);
  return (
    <span role="status">
      {lostAt === null ? null : (
        <Tooltip label="Live numbers have stopped. It is tried again by itself; reload if it lasts.">
          <Badge color="orange" variant="light" tt="none">
            Not live since {formatClock(lostAt)}
          </Badge>
        </Tooltip>
      )}
    </span>
  );
}
