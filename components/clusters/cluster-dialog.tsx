'use client'
import { type ReactNode, useId, useState } from 'react'
import {
  type ClusterDraft,
  type ClusterSettings,
  draftOf,
  draftProblems,
  settingsOf,
} from '#components/clusters/cluster-draft.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Failure, type Trouble } from '#components/ui/failure.tsx'
import { Input, Textarea } from '#components/ui/input.tsx'
import { Labelled } from '#components/ui/labelled.tsx'

/** The settings of a cluster, new or as they are. */
export function ClusterDialog({
  cluster,
  taken,
  busy,
  trouble,
  onClose,
  onSave,
}: {
  /** Undefined: a new one. */
  cluster: ClusterSettings | undefined
  /** The slugs that a new one cannot have. */
  taken: readonly string[]
  busy: boolean
  trouble: Trouble | null
  onClose: () => void
  onSave: (settings: ReturnType<typeof settingsOf>) => void
}) {
  const form = useId()
  const [draft, setDraft] = useState(() => draftOf(cluster))
  const [asked, setAsked] = useState(false)
  const problems = draftProblems(draft, cluster ? [] : taken)
  const shown = asked ? problems : {}
  const change = (field: keyof ClusterDraft) => (event: { target: { value: string } }) =>
    setDraft((was) => ({ ...was, [field]: event.target.value }))
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={cluster ? `Change ${cluster.name}` : 'Add a cluster'}
      description="Workers of Sluice or of Apache Kafka Connect, which this console shows and manages through their REST API."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form={form} busy={busy}>
            {cluster ? 'Save cluster' : 'Add cluster'}
          </Button>
        </>
      }
    >
      <form
        id={form}
        noValidate
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(true)
          if (Object.keys(problems).length === 0) onSave(settingsOf(draft, cluster?.slug))
        }}
      >
        <Entry label="Name" problem={shown.name}>
          {(props) => <Input {...props} value={draft.name} placeholder="Orders (EU)" onChange={change('name')} />}
        </Entry>
        <Entry label="Workers" help="One URL a line; they are tried in this order." problem={shown.workers}>
          {(props) => (
            <Textarea
              {...props}
              rows={3}
              value={draft.workers}
              placeholder="http://connect-1.example:8083"
              spellCheck={false}
              onChange={change('workers')}
            />
          )}
        </Entry>
        <Entry
          label="Kafka (bootstrap.servers)"
          help="For topics, their records and the lag of sinks; these are absent without it."
          problem={shown.bootstrapServers}
        >
          {(props) => (
            <Input
              {...props}
              className="name text-xs"
              value={draft.bootstrapServers}
              placeholder="kafka-1.example:9092,kafka-2.example:9092"
              spellCheck={false}
              onChange={change('bootstrapServers')}
            />
          )}
        </Entry>
        {trouble && <Failure trouble={trouble} />}
      </form>
    </Dialog>
  )
}

function Entry({
  label,
  help,
  problem,
  children,
}: {
  label: string
  help?: string
  problem: string | undefined
  children: (props: { id: string; 'aria-invalid': boolean; 'aria-describedby': string }) => ReactNode
}) {
  return (
    <Labelled label={label}>
      {(id) => (
        <>
          {children({ id, 'aria-invalid': problem !== undefined, 'aria-describedby': `${id}-more` })}
          <p id={`${id}-more`} className="mt-1 text-xs">
            {problem && <span className="block text-failed">{problem}</span>}
            {help && <span className="text-ink-soft">{help}</span>}
          </p>
        </>
      )}
    </Labelled>
  )
}
