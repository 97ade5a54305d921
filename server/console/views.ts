import type { Prisma } from '#server/console/database/background.ts'

export interface View {
  id: string
  name: string
  /** The query string of the page, without `?`. */
  query: string
}

/** Filters of a page under a name, the same for everybody. */
export interface SavedViews {
  list(cluster: string, page: string): Promise<View[]>
  /** Replaces the view of the same name. */
  save(cluster: string, page: string, view: Omit<View, 'id'>): Promise<View>
  remove(cluster: string, id: string): Promise<void>
}

const select = { id: true, name: true, query: true } as const

export function createSavedViews(prisma: Prisma): SavedViews {
  return {
    list: async (cluster, page) =>
      (await prisma()).savedView.findMany({ where: { cluster, page }, orderBy: { name: 'asc' }, take: 500, select }),
    save: async (cluster, page, { name, query }) =>
      (await prisma()).savedView.upsert({
        where: { cluster_page_name: { cluster, page, name } },
        create: { cluster, page, name, query },
        update: { query },
        select,
      }),
    async remove(cluster, id) {
      await (await prisma()).savedView.deleteMany({ where: { cluster, id } })
    },
  }
}
