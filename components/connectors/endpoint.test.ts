import { expect, test } from 'vitest'
import { endpointOf } from '#components/connectors/endpoint.ts'

test('a password in an address never reaches the screen', () => {
  expect(endpointOf({ 'connection.url': 'postgres://ada:secret@db:5432/shop' }).text).toBe(
    'postgres://ada@db:5432/shop',
  )
})

test('a connector without an address is called by its plugin', () => {
  expect(endpointOf({ 'connector.class': 'sluice.datagen.DatagenSourceConnector' }).text).toBe('DatagenSource')
})
