'use client'
import { useQuery } from '@tanstack/react-query'
import { ListTree, SearchX } from 'lucide-react'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { TopicTable } from '#components/topics/topic-table.tsx'
import { ButtonLink } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { compactNumber } from '#components/ui/format.ts'
import { PageTitle } from '#components/ui/page-title.tsx'
import { SearchInput } from '#components/ui/search-input.tsx'

export default function TopicsPage() {
  const cluster = useCluster()
  const trpc = useTRPC()
  const url = useUrlState()
  const topics = useQuery(trpc.topics.list.queryOptions({ cluster }))
  const text = url.get('q') ?? ''
  const internal = url.get('internal') === '1'
  return (
    <>
      <PageTitle title="Topics" />
      <Faces query={topics}>
        {(all) => {
          const wanted = text.trim().toLowerCase()
          const shown = all
            .filter((topic) => (internal || !topic.internal) && topic.name.toLowerCase().includes(wanted))
            .toSorted((a, b) => a.name.localeCompare(b.name))
          return (
            <>
              <div className="mb-3 flex flex-wrap items-center gap-4">
                <SearchInput
                  label="Search topics"
                  className="w-full sm:w-72"
                  value={text}
                  onText={(q) => url.set({ q })}
                />
                <label className="flex items-center gap-2">
                  <input
                    type="checkbox"
                    className="size-4 accent-accent-solid"
                    checked={internal}
                    onChange={(event) => url.set({ internal: event.target.checked ? '1' : null })}
                  />
                  Show internal topics
                </label>
                <span role="status" className="num ml-auto text-ink-soft">
                  {compactNumber(shown.length)} shown
                </span>
              </div>
              {shown.length > 0 && <TopicTable topics={shown} hrefOf={(name) => paths.topic(cluster, name)} />}
              {shown.length === 0 && wanted !== '' && <Empty icon={SearchX} title="No topic is called that" />}
              {shown.length === 0 && wanted === '' && (
                <Empty
                  icon={ListTree}
                  title="No topics yet"
                  action={
                    <ButtonLink tone="primary" href={paths.home(cluster)}>
                      Go to the example
                    </ButtonLink>
                  }
                >
                  A source connector creates its topic with its first record.
                </Empty>
              )}
            </>
          )
        }}
      </Faces>
    </>
  )
}
