import "htmx.org";

import "./tokens.css";
import "./base.css";
import "./triage.css";
import "./patient.css";
import "./forms.css";
import "./instructions.css";
import "./courses.css";
import "./rota.css";
import "./follow_ups.css";
import "./screening.css";
import "./rules.css";
import "./statistics.css";
import "./backtest.css";
import "./compare.css";
import "./uses.css";
import "./push.css";
import "./deliveries.css";
import "./upkeep.css";
import "./me.css";
import "./messages.css";

import { startClocks } from "./clocks.js";
import { startCompare } from "./compare.js";
import { startDialogs } from "./dialogs.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startPush } from "./push.js";
import { startAnew } from "./return.js";

startAnew();
startClocks();
startDialogs();
startCompare();
startKeys();
startPush();
if (document.body.dataset.events) startLive(document.body.dataset.events);
