/** File of the country map, below `etc`: lines of `<cidr> <country>`. */
export const COUNTRY_MAP = "countries.map";
