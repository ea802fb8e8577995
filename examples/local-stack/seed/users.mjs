// @ts-check

/** The demo users. Ids and passwords are fixed, so that tests and bookmarks may use them. */
export const USERS = [
  {
    id: '11111111-1111-4111-8111-111111111111',
    email: 'ada@example.com',
    password: 'lovelace',
    fullName: 'Ada Okafor',
    organization: 'Northlight Studio',
  },
  {
    id: '22222222-2222-4222-8222-222222222222',
    email: 'grace@example.com',
    password: 'hopper',
    fullName: 'Grace Lindqvist',
    organization: 'Fjord & Co',
  },
  {
    id: '33333333-3333-4333-8333-333333333333',
    email: 'mary@example.com',
    password: 'somerville',
    fullName: 'Mary Castellanos',
    organization: 'Northlight Studio',
  },
];
