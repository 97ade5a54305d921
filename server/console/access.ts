/**
 * Who may do what. Every procedure of the console names its right; whoever reaches the console has the role that it was
 * started with (`console.role`).
 */
export const rights = {
  viewer: ['cluster:read', 'connector:read', 'topic:read', 'view:write'],
  operator: ['cluster:read', 'connector:read', 'connector:run', 'topic:read', 'view:write', 'worker:run'],
  admin: [
    'cluster:read',
    'cluster:write',
    'connector:read',
    'connector:run',
    'connector:write',
    'topic:read',
    'topic:write',
    'view:write',
    'worker:run',
  ],
} as const satisfies Record<string, readonly string[]>

export type Role = keyof typeof rights
export type Right = (typeof rights)[Role][number]

export const roles = Object.keys(rights) as Role[]

export const may = (role: Role, right: Right): boolean => (rights[role] as readonly Right[]).includes(right)
