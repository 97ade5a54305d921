import { ArrowDownToLine, ArrowUpFromLine } from 'lucide-react'
import Link from 'next/link'
import { ClassName } from '#components/ui/class-name.tsx'
import type { CatalogEntry } from '#server/contract/herder.ts'

/** A plugin to choose: the whole card is the link. */
export function PluginCard({ entry, href }: { entry: CatalogEntry; href: string }) {
  const Icon = entry.type === 'sink' ? ArrowDownToLine : ArrowUpFromLine
  return (
    <Link
      href={href}
      className="group flex h-full flex-col rounded-md border bg-surface p-4 transition-colors duration-150 hover:border-accent-solid"
    >
      <span className="flex items-center gap-2">
        <Icon aria-hidden="true" className="size-4 shrink-0 text-accent" />
        <span className="font-semibold text-base">{entry.title}</span>
        <span className="ml-auto text-ink-soft text-xs">{entry.type}</span>
      </span>
      <span className="mt-1.5 flex-1">{entry.summary}</span>
      <span className="mt-3 text-ink-soft text-xs">
        <ClassName name={entry.class} />
      </span>
      <span className="num mt-0.5 text-ink-soft text-xs">version {entry.version}</span>
    </Link>
  )
}
