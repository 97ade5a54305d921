'use client'
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { shortPluginName } from '#components/connectors/plugin-name.ts'
import { ClassName } from '#components/ui/class-name.tsx'
import { cx } from '#components/ui/cx.ts'
import { type PluginInfo, pluginTypes } from '#server/contract/connector.ts'

const words: Record<PluginInfo['type'], string> = {
  source: 'Sources',
  sink: 'Sinks',
  converter: 'Converters',
  header_converter: 'Header converters',
  transformation: 'Transforms',
  predicate: 'Predicates',
}

/** Plugins by type; the chosen one unfolds its keys. A class that serves two types stands under both. */
export function PluginList({
  plugins,
  chosen,
  onChoose,
  detail,
}: {
  plugins: readonly PluginInfo[]
  chosen: string | null
  onChoose: (plugin: string | null) => void
  detail: (plugin: PluginInfo) => ReactNode
}) {
  return (
    <div className="space-y-6">
      {pluginTypes.map((type) => {
        const ofType = plugins.filter((plugin) => plugin.type === type)
        if (ofType.length === 0) return null
        return (
          <section key={type} aria-labelledby={`type-${type}`}>
            <h2 id={`type-${type}`} className="mb-1 font-semibold text-base">
              {words[type]} <span className="num font-normal text-ink-soft">{ofType.length}</span>
            </h2>
            <ul className="divide-y border-y">
              {ofType.map((plugin) => {
                const id = `${type} ${plugin.class}`
                const open = chosen === id
                return (
                  <li key={id}>
                    <button
                      type="button"
                      aria-expanded={open}
                      onClick={() => onChoose(open ? null : id)}
                      className="flex min-h-row w-full flex-wrap items-center gap-x-3 px-1 py-1 text-left hover:bg-hover"
                    >
                      <ChevronRight
                        aria-hidden="true"
                        className={cx('size-4 text-ink-soft transition-transform duration-150', open && 'rotate-90')}
                      />
                      <span className="font-medium">{shortPluginName(plugin.class)}</span>
                      <span className="order-last min-w-0 basis-full pl-7 text-ink-soft text-xs md:order-none md:flex-1 md:basis-0 md:pl-0">
                        <ClassName name={plugin.class} />
                      </span>
                      <span className="num ml-auto text-ink-soft">{plugin.version ?? '–'}</span>
                    </button>
                    {open && <div className="py-2 pl-8">{detail(plugin)}</div>}
                  </li>
                )
              })}
            </ul>
          </section>
        )
      })}
    </div>
  )
}
