/** The frame of every page: who is signed in decides between the app and the way in. */
import { Outlet, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';

import { ErrorNotice } from '@/components/ui/ErrorNotice';
import { blocks } from '@/lib/api/problem';
import { useSession } from '@/lib/hooks/useSession';

import { Shell, ShellSkeleton } from './Shell';
import { SignIn } from './SignIn';

const APIConnectorModal = lazy(() =>
  import('@/components/api/APIConnectorModal').then((module) => ({ default: module.APIConnectorModal })),
);

export function Root() {
  const { connect } = useSearch({ strict: false });
  const { data: who, error, refetch } = useSession();
  if (blocks(error, who)) return <ErrorNotice error={error} doing="ask who is signed in" onRetry={() => void refetch()} m="xl" />;
  if (who === undefined) return <ShellSkeleton />;
  if (who === null) return <SignIn />;
  return (
    <Shell who={who}>
      <Outlet />
      {connect === undefined ? null : (
        <Suspense fallback={null}>
          <APIConnectorModal />
        </Suspense>
      )}
    </Shell>
  );
}
