/** Stands in a bundle's files where a node's own name belongs: all machines of a group have one bundle. `install.sh` puts the machine's id in its place. */
export const NODE_NAME_PLACEHOLDER = "EDGE-NODE-NAME";
