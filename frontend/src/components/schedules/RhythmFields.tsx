/** Every so often, or at times of the week; the next times are shown while one types. */
import { Group, NumberInput, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';

import { formatClock, formatExact } from '@/lib/format';
import { useNow } from '@/lib/hooks/useNow';

import { nextTimes, type RhythmValues, type Unit } from './rhythm';

interface Props {
  value: RhythmValues;
  onChange: (value: RhythmValues) => void;
  error?: string;
}

const ZONES = Intl.supportedValuesOf('timeZone');

export function RhythmFields({ value, onChange, error }: Props) {
  const set = (part: Partial<RhythmValues>) => onChange({ ...value, ...part });
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Rhythm"
        value={value.kind}
        onChange={(kind) => set({ kind: kind as RhythmValues['kind'] })}
        data={[
          { value: 'every', label: 'Every so often' },
          { value: 'cron', label: 'At certain times' },
        ]}
      />
      {value.kind === 'every' ? (
        <Group align="flex-end" wrap="nowrap">
          <NumberInput label="Every" min={1} value={value.amount} error={error} onChange={(amount) => set({ amount: Number(amount) })} />
          <Select aria-label="Unit" data={['minutes', 'hours', 'days']} allowDeselect={false} value={value.unit} onChange={(unit) => set({ unit: (unit ?? 'hours') as Unit })} />
        </Group>
      ) : (
        <Group align="flex-start" grow>
          <TextInput
            label="Cron line"
            description="minute hour day month weekday"
            error={error}
            value={value.cron}
            onChange={(event) => set({ cron: event.currentTarget.value })}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          />
          <Select label="Time zone" description="IANA name" searchable allowDeselect={false} limit={100} data={['UTC', ...ZONES]} value={value.timeZone} onChange={(timeZone) => set({ timeZone: timeZone ?? 'UTC' })} />
        </Group>
      )}
      <NextTimes value={value} />
    </Stack>
  );
}

function NextTimes({ value }: { value: RhythmValues }) {
  const now = useNow();
  const times = nextTimes(value, now);
  return (
    <Text fz="sm" c="dimmed" aria-live="polite">
      {times === null || times.length === 0 ? (
        noTimes(value, times)
      ) : (
        <>
          Next:{' '}
          {times.map((time, index) => (
            <span key={time.getTime()} title={formatExact(time)}>
              {index > 0 ? ', ' : ''}
              {formatClock(time, now)}
            </span>
          ))}
        </>
      )}
    </Text>
  );
}

function noTimes({ kind }: RhythmValues, times: Date[] | null): string {
  if (kind === 'every') return times === null ? 'Give a whole number of at least 1.' : 'At most a year.';
  return times === null ? 'This is not a cron line: give five fields, such as 0 6 * * 1-5 for weekdays at 06:00.' : 'This never comes.';
}
