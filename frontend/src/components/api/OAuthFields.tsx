import { PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { Controller, useFormContext } from 'react-hook-form';

import type { OAuthForm } from './OAuth2Flow';
import { useStoredSecret } from './useStoredSecret';

const GRANTS = [
  { value: 'authorization_code', label: 'A person signs in (authorization code with PKCE)' },
  { value: 'client_credentials', label: 'The app itself (client credentials)' },
];
const METHODS = [
  { value: 'none', label: 'None: PKCE alone' },
  { value: 'client_secret_basic', label: 'Client secret, in a header (basic)' },
  { value: 'client_secret_post', label: 'Client secret, in the body (post)' },
];

/** Where the provider is and who our app is to it. */
export function OAuthFields() {
  const { register, control, watch, formState } = useFormContext<OAuthForm>();
  const stored = useStoredSecret();
  const { errors } = formState;
  const text = (name: 'authorizationUrl' | 'tokenUrl' | 'revocationUrl' | 'issuer' | 'clientId' | 'scopes' | 'audience') => ({
    ...register(name),
    error: errors[name]?.message,
  });
  const choice = (name: 'grant' | 'tokenEndpointAuthMethod', label: string, options: typeof GRANTS) => (
    <Controller
      name={name}
      control={control}
      render={({ field }) => (
        <Select label={label} data={options} value={field.value} onChange={(value) => value && field.onChange(value)} allowDeselect={false} />
      )}
    />
  );
  return (
    <Stack gap="sm">
      {choice('grant', 'Who signs in', GRANTS)}
      {watch('grant') === 'authorization_code' ? (
        <TextInput label="Authorization URL" placeholder="https://id.example.com/authorize" {...text('authorizationUrl')} />
      ) : null}
      <TextInput label="Token URL" placeholder="https://id.example.com/token" {...text('tokenUrl')} />
      <TextInput label="Or the issuer" description="The addresses are then taken from its metadata." placeholder="https://id.example.com" {...text('issuer')} />
      <TextInput label="Revocation URL" description="Where tokens are given back when the connector is deleted." {...text('revocationUrl')} />
      <TextInput label="Client id" required {...text('clientId')} />
      {choice('tokenEndpointAuthMethod', 'Client authentication', METHODS)}
      {watch('tokenEndpointAuthMethod') === 'none' ? null : (
        <PasswordInput
          label="Client secret"
          autoComplete="off"
          description={stored ? 'One may be stored. Leave this empty to keep it.' : 'Sealed before it is stored, and never shown again.'}
          {...register('clientSecret')}
          error={errors.clientSecret?.message}
        />
      )}
      <TextInput label="Scopes" description="Separated by spaces." {...text('scopes')} />
      <TextInput label="Audience" description="Only where the provider asks for one." {...text('audience')} />
    </Stack>
  );
}
