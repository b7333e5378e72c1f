import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useFieldArray, useFormContext } from 'react-hook-form';

import type { WhereForm } from './APIConnectorForm';

/** Headers of every request; credentials are refused here, they belong to the next step. */
export function HeadersField() {
  const { control, register, formState } = useFormContext<WhereForm>();
  const { fields, append, remove } = useFieldArray({ control, name: 'headers' });
  return (
    <Stack gap="xs" role="group" aria-label="Headers">
      <Text fz="sm" fw={500}>
        Headers
      </Text>
      {fields.map((field, index) => (
        <Group key={field.id} align="flex-start" wrap="nowrap" gap="xs">
          <TextInput
            aria-label={`Header ${index + 1}: name`}
            placeholder="Accept-Language"
            flex={1}
            {...register(`headers.${index}.name`)}
            error={formState.errors.headers?.[index]?.name?.message}
          />
          <TextInput
            aria-label={`Header ${index + 1}: value`}
            placeholder="en"
            flex={1}
            {...register(`headers.${index}.value`)}
            error={formState.errors.headers?.[index]?.value?.message}
          />
          <ActionIcon variant="subtle" color="gray" mt={4} aria-label={`Remove header ${index + 1}`} onClick={() => remove(index)}>
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => append({ name: '', value: '' })}>
          Add a header
        </Button>
      </div>
    </Stack>
  );
}
