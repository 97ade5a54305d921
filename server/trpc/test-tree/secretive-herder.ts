import { createMemoryHerder, type MemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

/** A cluster whose plugin has a PASSWORD that no name tells, and that quotes it wherever it can. */
export function createSecretiveHerder(): MemoryHerder {
  const herder = createMemoryHerder()
  return {
    ...herder,
    async pluginConfig(plugin) {
      const [topic] = await herder.pluginConfig(plugin)
      if (!topic) return []
      return [topic, { ...topic, name: 'pin', type: 'PASSWORD', required: false }]
    },
    async validate(plugin, config) {
      const infos = await herder.validate(plugin, config)
      const pin = config.pin ?? null
      const errors = pin === null ? [] : [`Invalid value ${pin} for configuration pin: too well known`]
      return {
        ...infos,
        errorCount: infos.errorCount + errors.length,
        configs: [
          ...infos.configs,
          { definition: null, value: { name: 'pin', value: pin, recommendedValues: [], errors, visible: true } },
        ],
      }
    },
    // A sink reads `topics`; the cluster in memory asks for `topic`.
    create: ({ config, ...rest }) =>
      herder.create({ ...rest, config: { ...(config.topics && { topic: config.topics }), ...config } }),
    async putConfig(name, config) {
      if (config.topic === 'refused') throw new Error(`no topic for ${config.pin}`)
      return herder.putConfig(name, config)
    },
    async catalog() {
      const [file] = await herder.catalog()
      if (!file) return []
      return [
        file,
        { ...file, class: 'example.MadeUpOrders', title: 'Made up', system: 'demo', example: { rate: '5' } },
      ]
    },
  }
}
