attention = io.open("/etc/passwd")
