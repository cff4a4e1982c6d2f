"""Virtual printers that speak the wire: raster bytes in on TCP, pages and violations out, status by SNMP."""
