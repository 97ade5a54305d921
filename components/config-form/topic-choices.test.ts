import { expect, test } from 'vitest'
import { isOfSink, withTopicChoices } from '#components/config-form/topic-choices.ts'
import type { ConfigInfo, ConfigInfos } from '#server/contract/connector.ts'

const info = (name: string, recommendedValues: string[] = []): ConfigInfo => ({
  definition: {
    ...{ name, type: 'LIST', required: false, defaultValue: null, importance: 'HIGH', documentation: 'What it is.' },
    ...{ group: null, orderInGroup: 1, width: 'LONG', displayName: name, dependents: [] },
  },
  value: { name, value: null, recommendedValues, errors: [], visible: true },
})
const infos = (...configs: ConfigInfo[]): ConfigInfos => ({ name: 'x', errorCount: 0, groups: [], configs })
const choicesOf = ({ configs }: ConfigInfos) => configs.map(({ value }) => value.recommendedValues)

test('a sink is offered the topics that there are, unless its plugin knows better', () => {
  expect(choicesOf(withTopicChoices(infos(info('topics'), info('transforms')), ['a', 'b']))).toEqual([['a', 'b'], []])
  expect(choicesOf(withTopicChoices(infos(info('topics', ['c'])), ['a', 'b']))).toEqual([['c']])
})

test('what has topics to read is a sink', () => {
  expect([infos(info('topics')), infos(info('topic')), undefined].map(isOfSink)).toEqual([true, false, false])
})
