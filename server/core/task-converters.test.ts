import { describe, expect, test } from 'vitest'
import { chooseConverter, converterRoles } from '#server/core/task-converters.ts'

const worker = {
  'key.converter': 'worker.Key',
  'key.converter.schemas.enable': 'false',
  'value.converter': 'worker.Value',
  'header.converter': 'worker.Header',
}

describe("a task's converter", () => {
  test("is the worker's, with the worker's settings, when the connector names none", () => {
    const connector = { 'key.converter.schemas.enable': 'true', 'key.converter.other': 'x' }
    expect(chooseConverter('key', connector, worker)).toEqual({
      class: 'worker.Key',
      config: { 'schemas.enable': 'false', 'converter.type': 'key' },
    })
  })

  test("is the connector's, with the connector's settings alone, when it names one", () => {
    const connector = { 'key.converter': ' own.Key ', 'key.converter.a.b': 'x', 'value.converter.c': 'y' }
    expect(chooseConverter('key', connector, worker)).toEqual({
      class: 'own.Key',
      config: { 'a.b': 'x', 'converter.type': 'key' },
    })
  })

  test('is told which role it plays, whatever its settings say', () => {
    for (const role of converterRoles) {
      const connector = { [`${role}.converter`]: 'own.Converter', [`${role}.converter.converter.type`]: 'another' }
      expect(chooseConverter(role, connector, worker).config).toEqual({ 'converter.type': role })
    }
  })

  test("is Kafka Connect's default when nobody names one", () => {
    expect(converterRoles.map((role) => chooseConverter(role, {}, {}).class)).toEqual([
      'org.apache.kafka.connect.json.JsonConverter',
      'org.apache.kafka.connect.json.JsonConverter',
      'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    ])
  })
})
