//! The built-in words of the rule baseline, written for this project.
//!
//! A `*` at the end stands for any ending. Words that are good in one domain and bad in another
//! (`small`, `cheap`, `long`) are left out: `words` in the settings is the place for them.

/// Weight 2.
pub const BEST: &str = "
adore* amazing amazingly astonishing* awesome beautiful* beloved best brilliant* breathtaking* captivating
dazzling* delight delighted delightful* enchant* exceptional* excellent* exhilarat* exquisite* extraordinary
fabulous* fantastic* faultless flawless* gem glorious* gorgeous* heartfelt hilarious* impeccable* incredible
incredibly inspired inspiring love loved loves loving lovely magnificent* marvelous* marvellous* masterful*
masterpiece mesmeri* outstanding* overjoyed perfect perfection perfectly phenomenal* priceless remarkable
remarkably riveting sensational* spectacular* splendid* stellar stunning* sublime* superb* superlative terrific
thrilled thrilling top-notch transcend* treasure triumph* unforgettable wonderful* wonderfully wondrous world-class
";

/// Weight 1.
pub const GOOD: &str = "
able absorbing accessible accomplished accurate accurately achiev* admir* adorable advantage* affecting affection*
affordable agreeable amiable amus* appeal* appealing appreciat* appropriate artful* assured attentive attractive
authentic award* beat beats benefit* better bold boost* brave bright calm capable captures careful carefully caring
charm charming* charmer cheerful* clean clear clearly clever* cohesive comfort* commend* compassion* compelling
competent complex confident congratul* consistent* considerate convenien* convincing* cool courteous craft*
creative credible crisp cute daring deep deeply deft* delicate delicious* dependable deserv* detailed durable dynamic
easier easily easy effective* efficient* effortless* elegan* eloquent* emotional* empath* endearing energetic energy
engag* engross* enjoy* enlighten* entertain* enthralling enthusias* epic ethereal evocative exceed* excit* expertly
fair fairly fascinat* fast favor* favour* fearless fine fitting flair fluent focused forward fresh* friendl* fun funnier
funniest funny gain gains generous* genius gentle* genuine* gifted glad good grace* graceful* gracious* gripping
grateful great greatest growth handsome handy happily happy hard-working haunting healthier healthy heartening heartwarm*
help helped helpful helping honest* hope hoped hopeful* humane humor humorous humour ideal imaginative immaculate
immediately impress impressed impressive* improv* ingenious* innovat* insight* inspire inspires inspiration* instant
intelligen* interest interesting intimate intoxicating intrigu* inventive invigorat* joy joyful* joyous keen kind
kindness knowledgeable laugh laughs laughter leading likable likeable lively lucky luminous lush luxurious lyrical
magic* mature meaningful memorable mercifully merit merits moving neat nice* nimble nostalgic nuanced optimis* original
originality outperform* patience patient peace* pleas* pleasant* pleased pleasing pleasur* poetic poignan* polished
polite* powerful* praise* precise* pretty prefer productive profit profitab* promising* prompt* proper* proud* provocative
quality quick quicker quickly quiet rally* rare rebound* reassur* recommend* record refresh* reliab* relief resolved
resonan* respect* responsive reward* rich* richly rise rises rose robust romantic safe satisf* savvy sensible sensitiv*
serene sharp sincere* skil* skill* sleek smart* smile* smiling smooth* soar* solid* solved soothing sophisticated
soulful spirited spot-on stirring strength strong* stronger stylish subtle subtly succeed* success* suitable suit* surge*
surpass* surpris* suspense* sweet sympath* talent* tasteful tasty tender* thank thankful* thanks thorough* thought-provoking
thoughtful* thrill* thrive* timely tidy touch* tremendous* true truthful unique upbeat upgrade* uplift* useful valuable
versatile vibrant vivid* warm warmed warmth welcom* well well-made well-crafted whimsical win winner winning wins wise* wit
witty worked works worth worthwhile worthy wow yummy
";

/// Weight -1.
pub const BAD: &str = "
absurd aimless* alien* amateurish annoy* anxious apolog* argu* arrogant ashamed avoid* awkward* bad badly banal bankrupt*
barren bewilder* bickering bitter* blame bland* bleak blocked blunder* boil bored boring* bother* break breaks broke broken
bug bugs bumpy burden* burned burnt cancel* careless* charmless cheat* cheesy choppy cliche* cliched clich* clogged clueless
clumsy clunk* clutter* coarse cold collaps* complain* complic* concern* condescend* confus* contrived convoluted corrupt*
crack* cramped crash* crass creak* creep* cringe* critic* crude cruel* cut cuts cynical damag* danger* dated dead debt*
decline* declin* decept* decreas* defect* deficit deficien* defraud* delay* demand* denied depress* derivative desperat*
destroy* difficult* dirty disagree* disappear* discomfort* disgrac* dishonest* disinterest* dislik* dismal dismiss* disorgan*
disrespect* dissatisf* distract* disturb* doubt* downgrad* drab drag dragged drags drop dropped drops dry dud dull dumb
embarrass* empty endless* error* exaggerat* excess* excruciat* excuse* exhaust* expensive* exploit* expired fade* fail failed
failing fails failure* fake fall fallen falling falls false falter* fault* faulty fear* feeble fell fiddly filth* flat flaw* flop
flimsy floor foolish forced forget forgett* forgot fragile fraud* frozen frustrat* fumbl* gimmick* glitch* gloom* glum greed*
grim gross grumpy guilt* hack* half-baked half-hearted hampered harm* harsh* hassle hate hated hates heavy-handed hollow hopeless*
hostil* humorless hurt* idiot* ignor* ill-* imitation immature impersonal impolite imposs* improbable inaccura* inadequa* inane
incapable incoheren* incompeten* incomplet* inconsisten* inconvenien* incorrect* indifferen* ineffective* inept* inferior
inflated insipid insult* interminabl* intrusive irrelevan* irritat* issue issues jagged jammed joyless junk lack lacked lacking
lackluster lacks lame late lawsuit* laughable lazy leak* less letdown lie lied lies lifeless limp listless litig* lose loses losing
loss losses lost loud lousy low lower lowest lukewarm maddening manipulat* mean meandering mediocr* melodramatic mess messy mindless
mischief mislead* miss missed misses missing mistak* mockery monotonous moron* muddled mundane murky naive nasty needless* negativ*
neglect* nervous* never-ending noisy nonsense not-so numb obnoxious obvious* odd offend* offens* out-of-date outdated overblown
overcharg* overdone overlong overpriced overwrought pain* painful* pale panic* pathetic* peel* penalt* plagu* plodding plummet*
plunge* pointless* pompous poor poorer poorest poorly predictab* preach* preposterous pretend* pretentious problem* protest* quit
refus* regret* reject* repetiti* resent* rip-off risk* rotten rough routine rude* ruin* rust* sad saddl* sadly sag* scam* scandal*
scratch* selfish sentimental* shallow shame* shoddy short-circuit* shortage* shortcoming* shut sick* silly simplistic sink* skeptic*
slack slapdash sleazy slipp* sloppy slow slower slowly sluggish slump* smell* smug sore sour spoil* stale stall* stereotyp* stiff
stilted strain* stress* stretched struggl* stuck stumbl* stupid* substandard suck* sued suffer* superficial suspicious* tacky tear
tedi* tense tepid thin threat* tired* tiresome toothless torn tough toxic tricky trite trouble* ugly unabl* unappealing unattractive
unaware unbearabl* unclear uncomfortabl* unconvincing undercooked underwhelm* undone uneasy uneven unexpected* unfair* unfinished
unfocused unforgivabl* unfortunate* unfriendly unfunny unhappy unhelpful unimaginative unimpress* uninspired uninteresting uninvolving
unnecessar* unoriginal unpleasant* unprofessional unreliab* unresolved unresponsive unsafe unsatisf* unstable unsuccessful* unusable
unwanted unwatchable unwell upset* urgent vague* vain vapid victim* violat* vulgar wane warn* wast* weak* weaker wear* weary weird
wobbl* worn worried worries worry worse wreck* wrong* wrongly yawn*
";

/// Weight -2.
pub const WORST: &str = "
abomina* abysmal* agoniz* appall* atroci* awful* catastroph* contempt* crap* cheated deplorable despicable despise* detest* disast*
disappoint* disgust* dreadful* egregious execrable fiasco garbage ghastly hideous* horrendous* horrible horribly horrid* horrif*
inedible inexcusabl* insufferabl* intolerabl* loath* ludicrous miserabl* nightmare* outrag* rubbish scandalous shambles shocking*
sickening terrible terribly trash* travesty unacceptabl* useless vile vomit* worst worthless wretched*
";

/// Words that turn round what follows them.
pub const NEGATIONS: &str = "
not no never none nobody nothing neither nor nowhere hardly barely scarcely seldom rarely without cannot cant can't don't
doesn't didn't isn't aren't wasn't weren't won't wouldn't shouldn't couldn't hasn't haven't hadn't ain't dont doesnt didnt isnt
wasnt wont wouldnt couldnt
";

/// Words that make the next word stronger.
pub const STRENGTHENERS: &str = "
absolutely all-round completely consistently deeply downright enormously entirely especially exceedingly extremely genuinely highly
hugely immensely incredibly insanely intensely most much particularly purely quite really remarkably seriously simply so
spectacularly super supremely thoroughly totally truly unbelievably utterly very wholly
";

/// Words that make it weaker.
pub const WEAKENERS: &str = "
a-bit almost fairly kind-of kinda less mildly moderately nearly occasionally partially partly rather reasonably slightly somewhat
sometimes sort-of sorta
";

/// Words after which what was said before counts less.
pub const TURNS: &str = "but however nevertheless nonetheless yet still though although";

/// Signs of pleasure.
pub const SMILES: &str = ":) :-) :D :-D ;) ;-) =) <3 😀 😁 😂 🤣 😃 😄 😊 😍 🥰 😘 👍 👏 ❤ 💕 💖 🎉 🙌 ⭐ 🌟 💯 🔥 ✅";

/// Signs of displeasure.
pub const FROWNS: &str = ":( :-( :/ :-/ :'( D: 😞 😟 😠 😡 🤬 😢 😭 😩 😤 👎 💔 🤮 🤢 🙄 😒 😖 💩 ❌ 😕 ☹";
