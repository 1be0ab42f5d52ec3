/** Who did what in a society. */

import {writeActiveTimes} from '../societies/active_time.js';

writeActiveTimes();
