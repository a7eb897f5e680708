<?php
// Takes as long as it is asked to: /?seconds=5, twenty times at once, saturates the pool.
usleep((int) (1e6 * min(60, (float) ($_GET['seconds'] ?? 0))));
header('Content-Type: text/plain');
echo "served by ", getmypid(), "\n";
