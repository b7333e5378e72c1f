/** Every run of the tenant, newest first. */
import { Select } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';

import { RunList } from '@/components/runs/RunList';
import { EmptyState } from '@/components/ui/EmptyState';
import { PageHeader } from '@/components/ui/PageHeader';
import { wordOf } from '@/components/ui/StatusBadge';
import { LinkButton } from '@/components/ui/links';
import { RUN_STATES, type RunStatus } from '@/lib/runs';

const route = getRouteApi('/runs');

export function RunsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const status = RUN_STATES.find((state) => state === search.status);
  return (
    <>
      <PageHeader
        title="Runs"
        actions={
          <Select
            aria-label="State"
            placeholder="Every state"
            clearable
            data={RUN_STATES.map((state) => ({ value: state, label: wordOf(state) }))}
            value={status ?? null}
            onChange={(value) => void navigate({ search: value ? { status: value } : {}, replace: true })}
          />
        }
      />
      <RunList key={status} filter={status ? { status } : {}} empty={<Empty status={status} />} />
    </>
  );
}

function Empty({ status }: { status?: RunStatus }) {
  if (status) return <EmptyState title={`No run is ${wordOf(status).toLowerCase()}`} text="Choose another state above, or none to see every run." />;
  return <EmptyState title="No run yet" text="A run begins when something is fetched, by hand or by a schedule." action={<LinkButton to="/connectors">Go to the connectors</LinkButton>} />;
}
