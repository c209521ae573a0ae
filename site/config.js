// Where ask lives: a path on this origin, or the address of another one. A deployment replaces this file.
export default { endpoint: "/api/" };
