'use client'
import { Plus, Trash2 } from 'lucide-react'
import { useFieldArray, useForm } from 'react-hook-form'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Failure, type Trouble } from '#components/ui/failure.tsx'
import { Input, Select, Textarea } from '#components/ui/input.tsx'
import { Labelled } from '#components/ui/labelled.tsx'
import type { HandMadeRecord } from '#server/contract/topics.ts'

interface Inputs {
  partition: string
  key: string
  value: string
  headers: { name: string; value: string }[]
}

/** A record made by hand. An empty key is no key; an empty value is a tombstone only when that is asked for. */
export function ProduceDialog({
  topic,
  partitions,
  open,
  onOpenChange,
  busy,
  trouble,
  onProduce,
}: {
  topic: string
  partitions: number
  open: boolean
  onOpenChange: (open: boolean) => void
  busy: boolean
  trouble: Trouble | null
  onProduce: (record: HandMadeRecord) => void
}) {
  const form = useForm<Inputs & { tombstone: boolean }>({
    defaultValues: { partition: '', key: '', value: '', headers: [], tombstone: false },
  })
  const headers = useFieldArray({ control: form.control, name: 'headers' })
  const tombstone = form.watch('tombstone')
  const produce = form.handleSubmit((inputs) => {
    onProduce({
      topic,
      key: inputs.key === '' ? null : inputs.key,
      value: inputs.tombstone ? null : inputs.value,
      headers: inputs.headers,
      ...(inputs.partition === '' ? {} : { partition: Number(inputs.partition) }),
    })
  })
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Produce a record to ${topic}`}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Close</Button>
          <Button tone="primary" type="submit" form="produce" busy={busy}>
            Produce record
          </Button>
        </>
      }
    >
      <form id="produce" onSubmit={(event) => void produce(event)} className="mt-3 space-y-3">
        <Labelled label="Partition">
          {(id) => (
            <Select id={id} className="w-full" {...form.register('partition')}>
              <option value="">by key, as Kafka does</option>
              {Array.from({ length: partitions }, (_, n) => (
                <option key={`partition-${n.toString()}`} value={n}>
                  {n}
                </option>
              ))}
            </Select>
          )}
        </Labelled>
        <Labelled label="Key">
          {(id) => (
            <Input id={id} className="name text-xs" placeholder="no key" autoComplete="off" {...form.register('key')} />
          )}
        </Labelled>
        <Labelled label="Value">
          {(id) => <Textarea id={id} rows={6} spellCheck={false} disabled={tombstone} {...form.register('value')} />}
        </Labelled>
        <label className="flex items-center gap-2">
          <input type="checkbox" className="size-4 accent-accent-solid" {...form.register('tombstone')} />
          Null value (a tombstone deletes the key in a compacted topic)
        </label>
        <fieldset>
          <legend className="mb-1 font-medium">Headers</legend>
          <ul className="space-y-2">
            {headers.fields.map((field, index) => (
              <li key={field.id} className="flex gap-2">
                <Input
                  aria-label={`Name of header ${index + 1}`}
                  placeholder="name"
                  {...form.register(`headers.${index}.name`, { required: true })}
                />
                <Input
                  aria-label={`Value of header ${index + 1}`}
                  placeholder="value"
                  {...form.register(`headers.${index}.value`)}
                />
                <Button size="icon" aria-label={`Remove header ${index + 1}`} onClick={() => headers.remove(index)}>
                  <Trash2 aria-hidden="true" />
                </Button>
              </li>
            ))}
          </ul>
          <Button size="sm" className="mt-2" onClick={() => headers.append({ name: '', value: '' })}>
            <Plus aria-hidden="true" />
            Add header
          </Button>
        </fieldset>
        {trouble && <Failure trouble={trouble} />}
      </form>
    </Dialog>
  )
}
