/** What stands where a page failed to draw itself; the navigation around it goes on working. */
import type { ErrorComponentProps } from '@tanstack/react-router';

import { ErrorNotice } from '@/components/ui/ErrorNotice';

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  return <ErrorNotice error={error} doing="show this page" onRetry={reset} />;
}
