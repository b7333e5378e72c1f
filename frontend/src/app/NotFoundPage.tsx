import { PageHeader } from '@/components/ui/PageHeader';
import { LinkButton } from '@/components/ui/links';

export function NotFoundPage() {
  return (
    <PageHeader
      title="There is no such page"
      text="The link is wrong, or what it led to was deleted."
      actions={<LinkButton to="/">Go to the datasets</LinkButton>}
    />
  );
}
