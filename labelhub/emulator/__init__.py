"""Virtual printers that speak the wire: raster bytes in on TCP or USB, pages and violations out, status by SNMP."""
