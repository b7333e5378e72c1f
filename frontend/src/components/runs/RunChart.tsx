/** Rows and requests a second over the run, with the times of waiting and of retries as bands. */
import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { Group, Text } from '@mantine/core';
import { ReferenceArea } from 'recharts';

import { formatClock, formatCount, formatShort } from '@/lib/format';
import { toBands, toBuckets, type Band, type Point } from '@/lib/series';

const LONG_MS = 15 * 60_000;

const LOOK = {
  waiting: { fill: 'var(--mantine-color-yellow-5)', words: 'waiting for the API or its rate limit' },
  retrying: { fill: 'var(--mantine-color-red-5)', words: 'requests repeated' },
} as const;

export function RunChart({ points }: { points: Point[] }) {
  const buckets = toBuckets(points);
  const bands = toBands(points);
  const kinds = [...new Set(bands.map((band) => band.kind))];
  return (
    <figure style={{ margin: 0 }} aria-label={inWords(points, bands)}>
      <AreaChart
        h={200}
        data={buckets}
        dataKey="at"
        series={[
          { name: 'rowsPerSecond', label: 'Rows a second', color: 'indigo.6' },
          { name: 'requestsPerSecond', label: 'Requests a second', color: 'teal.6', yAxisId: 'right', strokeDasharray: '4 3' },
        ]}
        withRightYAxis
        curveType="monotone"
        withDots={false}
        gridAxis="x"
        tickLine="none"
        strokeWidth={2}
        fillOpacity={0.18}
        areaChartProps={{ accessibilityLayer: false }}
        areaProps={{ isAnimationActive: false }}
        xAxisProps={{ type: 'number', scale: 'time', domain: ['dataMin', 'dataMax'], tickFormatter: tickOf(points), minTickGap: 60 }}
        yAxisProps={{ tickFormatter: formatShort, width: 48 }}
        rightYAxisProps={{ tickFormatter: formatShort, width: 40 }}
        valueFormatter={(value) => (value < 10 ? value.toFixed(1) : formatCount(Math.round(value)))}
        tooltipProps={{ labelFormatter: (at) => new Date(Number(at)).toLocaleTimeString('en-GB') }}
      >
        {bands.map((band) => (
          <ReferenceArea key={`${band.from}${band.kind}`} x1={band.from} x2={band.to} fill={LOOK[band.kind].fill} fillOpacity={0.2} ifOverflow="hidden" />
        ))}
      </AreaChart>
      <Group component="figcaption" gap="md" mt={4}>
        <Text fz="xs" c="dimmed">
          <Line /> Rows a second, left
        </Text>
        <Text fz="xs" c="dimmed">
          <Line dashed /> Requests a second, right
        </Text>
        {kinds.map((kind) => (
          <Group key={kind} gap={6}>
            <span style={{ width: 12, height: 12, borderRadius: 3, background: LOOK[kind].fill, opacity: 0.45 }} />
            <Text fz="xs" c="dimmed">
              {LOOK[kind].words}
            </Text>
          </Group>
        ))}
      </Group>
    </figure>
  );
}

function Line({ dashed = false }: { dashed?: boolean }) {
  const look = dashed ? '2px dashed var(--mantine-color-teal-6)' : '2px solid var(--mantine-color-indigo-6)';
  return <span aria-hidden style={{ display: 'inline-block', width: 18, borderTop: look, verticalAlign: 'middle' }} />;
}

/** Minutes are enough for the axis of a run that takes long. */
function tickOf(points: Point[]): (at: number) => string {
  const length = Date.parse(points.at(-1)?.time ?? '') - Date.parse(points[0]?.time ?? '');
  return length > LONG_MS ? (at) => formatClock(new Date(at)) : (at) => new Date(at).toLocaleTimeString('en-GB');
}

function inWords(points: Point[], bands: Band[]): string {
  const last = points.at(-1);
  const waits = bands.filter((band) => band.kind === 'waiting').length;
  return `Rows and requests a second over the run: ${formatCount(last?.rows ?? 0)} rows and ${formatCount(last?.requests ?? 0)} requests so far, ${waits} times waiting.`;
}
