import { LinkButton } from '@/components/ui/links';
import { EmptyState } from '@/components/ui/EmptyState';

export function NotFoundPage() {
  return (
    <EmptyState
      title="There is no such page"
      text="The link is wrong, or what it led to was deleted."
      action={<LinkButton to="/">Go to the datasets</LinkButton>}
    />
  );
}
