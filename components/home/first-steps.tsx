import { ArrowRight, FileDown, ListTree, Play, ShoppingCart } from 'lucide-react'
import { Button, ButtonLink } from '#components/ui/button.tsx'
import { Failure, type Trouble } from '#components/ui/failure.tsx'

const steps = [
  { icon: ShoppingCart, title: 'Made-up orders', text: 'A source makes plausible orders, a few each second.' },
  { icon: ListTree, title: 'A topic', text: 'They stand in a Kafka topic, where you watch them arrive.' },
  { icon: FileDown, title: 'A file', text: 'A sink writes each of them as a line of a file.' },
]

/** The first page of a new cluster: one sentence, one click, records on the screen. */
export function FirstSteps({
  newHref,
  busy,
  trouble,
  onStart,
}: {
  newHref: string
  busy: boolean
  trouble: Trouble | null
  onStart: () => void
}) {
  return (
    <div className="mx-auto max-w-3xl py-6 md:py-12">
      <h1 className="text-balance font-semibold text-2xl tracking-tight">
        Move records between Kafka and everything else
      </h1>
      <p className="mt-2 max-w-xl text-base text-ink-soft">
        A connector copies records into a topic or out of one, by configuration alone. Start the example to see a whole
        way at once: it needs nothing but this click.
      </p>
      <ol className="mt-8 grid gap-3 md:grid-cols-3">
        {steps.map(({ icon: Icon, title, text }, index) => (
          <li key={title} className="relative border-t pt-3">
            <span className="flex items-center gap-2 font-medium">
              <Icon aria-hidden="true" className="size-4 text-accent" />
              {title}
              {index < steps.length - 1 && (
                <ArrowRight aria-hidden="true" className="ml-auto hidden size-4 text-ink-soft md:block" />
              )}
            </span>
            <span className="mt-1 block text-ink-soft">{text}</span>
          </li>
        ))}
      </ol>
      <div className="mt-8 flex flex-wrap gap-3">
        <Button tone="primary" size="lg" busy={busy} onClick={onStart}>
          {!busy && <Play aria-hidden="true" />}
          Start the example
        </Button>
        <ButtonLink size="lg" href={newHref}>
          Create a connector
        </ButtonLink>
      </div>
      {trouble && (
        <div className="mt-4">
          <Failure trouble={trouble} retry={onStart} />
        </div>
      )}
    </div>
  )
}
