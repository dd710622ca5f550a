// What if an answer were another? The rule of mesh_probe/outcome.py and verdict.py, and of the two
// signals that follow the answers (signals/hype.py, signals/no_owner.py). A test holds them equal.

const rule = data.rule;

const rounded = (figure, digits) => Number(fixed(figure, digits));
const logistic = (logOdds) => 1 / (1 + Math.exp(-logOdds));
const logOdds = (probability) => Math.log(probability / (1 - probability));
const statusOf = (p) => (p >= rule.yesFrom ? "yes" : p <= rule.noUpTo ? "no" : "unknown");
const toldBy = (answer) => answer.basis === "declared" || answer.basis === "assumed";

function weighed(answer, sum) {
  const probability = sum === null ? null : rounded(logistic(sum), 4);
  const status = probability === null ? "unknown" : statusOf(probability);
  return { ...answer, probability, status };
}

function assumed(answer, status) {
  const probability = { yes: 1, no: 0, unknown: null }[status];
  return { ...answer, status, probability, basis: "assumed" };
}

/** The signal `hype`, from the needs as they are now. */
function hype(signal, answers) {
  if (toldBy(signal)) return signal;
  const needs = answers.filter((answer) => rule.needs.includes(answer.id));
  const none = Math.min(1, ...needs.map((need) => 1 - (need.probability ?? 0.5)));
  if (needs.some((need) => need.status === "yes")) {
    const most = rule.hypeMost;
    const weight = signed(none > 0 ? Math.min(-logOdds(none), most) : most, 4);
    return weighed(signal, -weight - (rule.noWishSeen ? rule.noWish : 0));
  }
  if (rule.noWishSeen) return weighed(signal, -rule.noWish);
  const open = needs.some((need) => need.status === "unknown");
  if (open || !rule.wishSeen) return weighed(signal, null);
  const sure = none === 1 || logOdds(none) >= rule.wish;
  return weighed(signal, sure ? rule.wish : rule.wish - rounded(rule.wish - logOdds(none), 4));
}

function signed(figure, digits) {
  return Math.sign(figure) * rounded(Math.abs(figure), digits);
}

/** The signal `no-owner`: the answer about an owner, turned round. */
function noOwner(signal, answers) {
  if (toldBy(signal)) return signal;
  const owner = answers.find((answer) => answer.id === "ops-owner");
  if (owner.probability === null || owner.probability === 0.5) return weighed(signal, null);
  const doubt = rounded(Math.min(owner.probability, 1 - owner.probability), 4);
  const told = doubt > 0 ? signed(Math.log((1 - doubt) / doubt), 4) : rule.certain;
  const weight = Math.min(told, rule.certain);
  return { ...weighed(signal, owner.probability > 0.5 ? -weight : weight), basis: owner.basis };
}

function chance(answer, signals) {
  if (answer.id === "ops-owner" && !toldBy(answer)) {
    const told = signals.find((s) => s.id === "no-owner" && toldBy(s) && s.probability !== null);
    if (told) return 1 - told.probability;
  }
  return answer.probability ?? 0.5;
}

function yesCounts(chances) {
  let counts = [1];
  for (const p of chances) {
    counts = [...counts, 0].map((stay, n) => stay * (1 - p) + (n ? counts[n - 1] : 0) * p);
  }
  return counts;
}

function outcomeChances(answers, signals) {
  const sum = (figures) => figures.reduce((total, figure) => total + figure, 0);
  const least = rule.threshold;
  const others = yesCounts(
    answers.filter((a) => a.id !== "ops-owner").map((a) => chance(a, signals)),
  );
  const owned = chance(answers.find((a) => a.id === "ops-owner"), signals);
  let [known, unknown] = [1, 1];
  for (const signal of signals) {
    const spared = signal.id === "no-owner" ? owned : 1 - vetoChance(signal);
    if (signal.status === "unknown") unknown *= spared;
    else known *= spared;
  }
  const consider = rounded(known * unknown * sum(others.slice(least - 1)), 6);
  const enough = rounded(known * unknown * sum(others.slice(0, least - 1)), 6);
  const undecided = rounded(known * (1 - unknown), 6);
  return {
    consider,
    "kubernetes-is-enough": enough,
    "not-now": rounded(Math.max(1 - consider - enough - undecided, 0), 6),
    undecided,
  };
}

/** How likely a signal vetoes: one that is not proved is rare. */
function vetoChance(signal) {
  const p = signal.probability ?? 0.5;
  return signal.status === "yes" ? p : (p * rule.rare) / (p * rule.rare + 1 - p);
}

/** A likelihood as a part of a score, or where turned, that of the contrary. */
function part(answer, turned = false) {
  const chance_ = turned ? 1 - answer.probability : answer.probability;
  return { id: answer.id, value: answer.probability === null ? 50 : Math.trunc(chance_ * 100 + 0.5) };
}

function score(parts) {
  const total = parts.reduce((sum, each) => sum + each.value, 0);
  return { value: Math.floor((2 * total + parts.length) / (2 * parts.length)), parts };
}

/** The verdict with some answers and signals taken as `changes` says: {id: "yes" | "no" …}. */
function verdictIf(changes) {
  const changed = (answer) =>
    changes[answer.id] ? assumed(answer, changes[answer.id]) : answer;
  const answers = rule.answers.map(changed);
  const following = { hype, "no-owner": noOwner };
  const signals = rule.signals.map((signal) => {
    const told = changed(signal);
    return following[told.id] ? following[told.id](told, answers) : told;
  });
  const count = (status) => answers.filter((a) => a.status === status).length;
  const [yes, unknown] = [count("yes"), count("unknown")];
  const vetoes = signals.filter((s) => s.status === "yes").length;
  let outcome = "undecided";
  if (vetoes) outcome = "not-now";
  else if (yes >= rule.threshold) outcome = "consider";
  else if (yes + unknown < rule.threshold) outcome = "kubernetes-is-enough";
  const outcomes = outcomeChances(answers, signals);
  const axes = {};
  for (const axis of ["traffic", "observation", "security"]) {
    const pains = answers.filter((a) => a.axis === axis).map((a) => a.probability ?? 0.5);
    axes[axis] = pains.length ? pains.reduce((total, pain) => total + pain, 0) / pains.length : 0;
  }
  return {
    outcome,
    yes,
    no: count("no"),
    unknown,
    vetoes,
    probability: outcome === "undecided" ? null : outcomes[outcome],
    outcomes,
    distribution: yesCounts(answers.map((a) => chance(a, signals))),
    axes,
    need: score(answers.filter((a) => a.decides === "need").map((a) => part(a))),
    readiness: score([
      ...answers.filter((a) => a.decides === "readiness").map((a) => part(a)),
      ...rule.practice,
      ...signals.filter((s) => s.id === "no-observability").map((s) => part(s, true)),
    ]),
  };
}
