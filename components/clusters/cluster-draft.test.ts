import { expect, test } from 'vitest'
import { draftOf, draftProblems, settingsOf, slugOf } from '#components/clusters/cluster-draft.ts'

const draft = { name: 'Orders (EU)', workers: 'http://a:8083\n https://b:8083 ', bootstrapServers: ' a:9092 ' }

test('what is typed becomes settings, and what is stored comes back as it was typed', () => {
  const settings = settingsOf(draft, undefined)
  expect(settings).toEqual({
    slug: 'orders-eu',
    name: 'Orders (EU)',
    workerUrls: ['http://a:8083', 'https://b:8083'],
    bootstrapServers: 'a:9092',
  })
  expect(settingsOf({ ...draftOf(settings), name: 'Renamed', bootstrapServers: '' }, 'orders-eu')).toEqual({
    slug: 'orders-eu',
    name: 'Renamed',
    workerUrls: ['http://a:8083', 'https://b:8083'],
  })
})

test('an address is made of whatever a name has', () => {
  expect(['Łódź 1', '…', 'A'.repeat(80)].map(slugOf)).toEqual(['odz-1', 'cluster', 'a'.repeat(63)])
})

test('what is missing or wrong is told at its field before anything is sent', () => {
  expect(draftProblems(draft, ['local'])).toEqual({})
  expect(draftProblems(draft, ['orders-eu'])).toEqual({
    name: 'Another cluster has the address /c/orders-eu already.',
  })
  expect(draftProblems({ name: ' ', workers: ' ', bootstrapServers: '' }, [])).toEqual({
    name: 'Please give the cluster a name.',
    workers: 'Please name at least one worker.',
  })
  expect(draftProblems({ ...draft, workers: 'http://a:1 b:8083' }, [])).toEqual({
    workers: 'b:8083 is no http or https URL.',
  })
})
