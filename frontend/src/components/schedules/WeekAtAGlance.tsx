/** The coming seven days: when each schedule runs. */
import { Paper, Text, Title, VisuallyHidden } from '@mantine/core';

import type { Schedule } from '@/lib/api/client';
import { formatExact } from '@/lib/format';
import { useNow } from '@/lib/hooks/useNow';
import { marksOf, rhythmInWords } from '@/lib/schedules';

import classes from './WeekAtAGlance.module.css';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric' });

export function WeekAtAGlance({ schedules }: { schedules: Schedule[] }) {
  const now = useNow();
  const start = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const days = Array.from({ length: 7 }, (_, index) => new Date(start.getTime() + index * DAY_MS));
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="week">
      <Title order={2} id="week" mb="sm">
        The coming week
      </Title>
      <div className={classes.grid}>
        <span />
        <div className={classes.days} aria-hidden>
          {days.map((each) => (
            <Text span key={each.getTime()} fz="xs" c="dimmed">
              {day.format(each)}
            </Text>
          ))}
        </div>
        {schedules.map((schedule) => (
          <Line key={schedule.id} schedule={schedule} start={start} now={now} />
        ))}
      </div>
    </Paper>
  );
}

function Line({ schedule, start, now }: { schedule: Schedule; start: Date; now: Date }) {
  const left = (time: Date) => `${((time.getTime() - start.getTime()) / WEEK_MS) * 100}%`;
  const marks = marksOf(schedule, now);
  return (
    <>
      <Text span fz="sm" truncate title={schedule.name}>
        {schedule.name}
      </Text>
      <div className={classes.track}>
        <span className={classes.now} style={{ left: left(now) }} />
        {marks.map(({ at, often }) =>
          often ? (
            <span key={at.getTime()} className={classes.bar} style={{ left: left(at) }} title={rhythmInWords(schedule)}>
              {rhythmInWords(schedule)}
            </span>
          ) : (
            <span key={at.getTime()} className={classes.dot} style={{ left: left(at) }} title={formatExact(at)} />
          ),
        )}
        {schedule.paused ? <span className={classes.paused}>paused</span> : null}
        <VisuallyHidden>{schedule.paused ? 'paused' : `${rhythmInWords(schedule)}, ${marks.length} marks`}</VisuallyHidden>
      </div>
    </>
  );
}
