"""Everything a system needs, as local processes: servers, nodes, gateway and mail sink."""
