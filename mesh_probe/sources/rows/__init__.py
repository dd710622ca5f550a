"""How rows of the table are asked for and read: what all regular sources share."""
