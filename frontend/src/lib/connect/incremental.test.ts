import { expect, test } from 'vitest';

import { EMPTY_READING } from './draft';
import { chosen } from './endpoints';
import { toFetch } from './input';

const incremental = { cursorField: 'updated_at', param: 'since' };
const endpoint = { id: 'issues', method: 'GET', path: '/issues', primaryKey: ['id'], incremental };

test('an endpoint that can be asked for what is new is, where rows merge and nobody says otherwise', () => {
  const reading = { ...EMPTY_READING, ...chosen(endpoint) };
  expect(toFetch(reading, 'rest')).toMatchObject({ endpointId: 'issues', incremental });
  expect(toFetch({ ...reading, onlyNew: false }, 'rest')).not.toHaveProperty('incremental');
  expect(toFetch({ ...reading, writeMode: 'append' }, 'rest')).not.toHaveProperty('incremental');
});
