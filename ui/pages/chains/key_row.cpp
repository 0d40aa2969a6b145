#include "ui/pages/chains/key_row.h"

#include "chain/presets.h"
#include "live/key_test.h"
#include "ui/pages/chains/key_limits.h"
#include "ui/pages/chains/running_tests.h"
#include "ui/shell/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStandardItemModel>
#include <QStyle>

namespace brownout::ui {

using Source = chain::KeyRef::Source;

KeyRow::KeyRow(chain::KeyStore& keys, int number, QWidget* parent)
    : QWidget(parent), keys_(keys), number_(number) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2);
    buildTop();
    buildValue();
    result_ = new QLabel;
    result_->setWordWrap(true);
    result_->setTextFormat(Qt::PlainText);
    result_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // addresses wrap too
    result_->setObjectName(objectNameOf("result"));
    result_->hide();
    column->addWidget(result_);
    advice_ = new QLabel;
    advice_->setWordWrap(true);
    advice_->setObjectName(objectNameOf("advice"));
    advice_->setProperty("muted", true);
    advice_->hide();
    column->addWidget(advice_);
    limits_ = new KeyLimits([this](const char* part) { return objectNameOf(part); });
    limits_->edited = [this](const std::string& limit, std::optional<chain::Json> value) {
        item_ = withLimit(item_, limit, std::move(value));
        Q_EMIT edited(QString::number(number_) + QLatin1Char('/') + QString::fromStdString(limit));
    };
    column->addWidget(limits_);
}

KeyRow::~KeyRow() = default; // a test that still runs has all it needs, and tells nobody

QString KeyRow::objectNameOf(const char* part) const {
    const QString base = QStringLiteral("key_") + QLatin1String(part);
    return number_ == 0 ? base : base + QLatin1Char('_') + QString::number(number_ + 1);
}

void KeyRow::buildTop() {
    top_ = new QWidget;
    auto* top = new QHBoxLayout(top_);
    top->setContentsMargins(0, 0, 0, 0);
    top->setSpacing(gridUnit);
    source_ = new QComboBox;
    source_->setObjectName(objectNameOf("source"));
    source_->setAccessibleName(tr("Key source"));
    source_->setToolTip(tr("Where the key is found. The chain file holds this reference, never the "
                           "key itself."));
    for (const Source source : {Source::keychain, Source::env, Source::session, Source::none})
        source_->addItem(sourceName(source), static_cast<int>(source));
    if (!keys_.has_keychain()) {
        auto* model = qobject_cast<QStandardItemModel*>(source_->model());
        model->item(0)->setEnabled(false);
        source_->setItemText(0, tr("Keychain (none here)"));
    }
    // The row must fit the inspector, however long the sources are called.
    source_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    source_->setMinimumContentsLength(11);
    connect(source_, &QComboBox::activated, this, &KeyRow::sourceChosen);
    top->addWidget(source_);
    name_ = new QLineEdit;
    name_->setObjectName(objectNameOf("name"));
    name_->setAccessibleName(tr("Key name"));
    name_->setMinimumWidth(40);
    connect(name_, &QLineEdit::editingFinished, this, &KeyRow::nameFinished);
    top->addWidget(name_, 1);
    badge_ = new StateBadge;
    top->addWidget(badge_);
    layout()->addWidget(top_);
}

void KeyRow::buildValue() {
    valueRow_ = new QWidget;
    auto* row = new QHBoxLayout(valueRow_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    value_ = new QLineEdit;
    value_->setEchoMode(QLineEdit::Password);
    value_->setObjectName(objectNameOf("value"));
    value_->setAccessibleName(tr("Key"));
    value_->setPlaceholderText(tr("paste the key"));
    row->addWidget(value_, 1);
    set_ = new QPushButton(tr("Set"));
    set_->setObjectName(objectNameOf("set"));
    set_->setEnabled(false);
    row->addWidget(set_);
    auto* layout = static_cast<QVBoxLayout*>(this->layout());
    layout->addWidget(valueRow_);

    auto* actions = new QHBoxLayout;
    actions->setSpacing(gridUnit);
    test_ = new QPushButton(tr("Test key"));
    test_->setObjectName(objectNameOf("test"));
    test_->setToolTip(
        tr("Makes the cheapest call that tells a good key from a bad one: the list of "
           "models, or what comes nearest. It costs nothing."));
    remove_ = new QPushButton(tr("Remove key"));
    remove_->setObjectName(objectNameOf("remove"));
    drop_ = new QPushButton(tr("Drop from list"));
    drop_->setObjectName(objectNameOf("drop"));
    for (auto* b : {test_, remove_, drop_})
        actions->addWidget(b);
    actions->addStretch();
    for (auto* b : {set_, test_, remove_, drop_})
        b->setAccessibleName(b->text());
    layout->addLayout(actions);

    connect(value_, &QLineEdit::textChanged, this,
            [this](const QString& text) { set_->setEnabled(!text.trimmed().isEmpty()); });
    connect(value_, &QLineEdit::returnPressed, this, &KeyRow::setValue);
    connect(set_, &QPushButton::clicked, this, &KeyRow::setValue);
    connect(remove_, &QPushButton::clicked, this, &KeyRow::removeValue);
    connect(test_, &QPushButton::clicked, this, &KeyRow::test);
    connect(drop_, &QPushButton::clicked, this, &KeyRow::dropRequested);
}

std::string KeyRow::reference() const {
    return referenceOf(item_).value_or("");
}

std::optional<chain::KeyRef> KeyRow::ref() const {
    return chain::parse_key_ref(reference());
}

void KeyRow::setReference(const std::string& reference) {
    item_ = withReference(item_, reference);
}

void KeyRow::show(const chain::Provider& provider, const chain::Json& item, bool removable,
                  const std::function<QString(const std::string& below)>& problem) {
    if (provider.id != provider_.id || referenceOf(item) != referenceOf(item_)) {
        value_->clear(); // never left over from another key
        tell({}, "");
    }
    if (provider.id != provider_.id)
        limits_->fold();
    provider_ = provider;
    item_ = item;
    drop_->setVisible(removable);
    refresh();
    limits_->show(item_, problem);
}

void KeyRow::focusBelow(const std::string& below) {
    if (!limits_->focusBelow(below))
        source_->setFocus(Qt::OtherFocusReason);
}

void KeyRow::flush() {
    limits_->flush();
}

void KeyRow::leave() {
    setObjectName({});
    for (auto* part : findChildren<QWidget*>())
        part->setObjectName({});
}

void KeyRow::refresh() {
    const auto key = ref();
    const Source source = key ? key->source : Source::none;
    const bool known = referenceOf(item_).has_value();
    top_->setVisible(known);
    source_->setCurrentIndex(source_->findData(static_cast<int>(source)));
    if (!name_->hasFocus())
        name_->setText(key ? QString::fromStdString(key->name) : QString());
    name_->setVisible(source != Source::none);
    name_->setPlaceholderText(source == Source::env ? tr("variable") : tr("name"));
    const bool settable =
        source == Source::session || (source == Source::keychain && keys_.has_keychain());
    valueRow_->setVisible(settable);
    bool there = false;
    QString why;
    if (source != Source::none) {
        const auto value = keys_.find(*key);
        there = value && !value->empty();
        if (!value)
            why = QString::fromStdString(value.error().text());
    }
    badge_->setVisible(source != Source::none);
    badge_->setState(there ? tr("set") : tr("missing"), there ? Tone::good : Tone::warn);
    badge_->setToolTip(why);
    remove_->setVisible(settable && there);
    test_->setVisible(known && (source != Source::none || !provider_.simulated()));
    test_->setEnabled((there || source == Source::none) && !thread_);
    const QString advice =
        known ? adviceFor(source, there)
              : tr("This key is written in a form that has no fields here. It is kept as it is.");
    advice_->setText(advice);
    advice_->setVisible(!advice.isEmpty());
}

QString KeyRow::adviceFor(Source source, bool there) const {
    switch (source) {
    case Source::keychain:
        return keys_.has_keychain()
                   ? tr("Kept by the system's keychain, also when Brownout ends. The chain file "
                        "holds only its name.")
                   : tr("There is no system keychain here. Use an environment variable, or a key "
                        "that is kept in memory for this session.");
    case Source::env:
        return there ? tr("Read from the environment variable when the app starts.")
               : keys_.has_keychain()
                   ? tr("The variable is not set. Set it before starting Brownout, or choose "
                        "Keychain and paste the key.")
                   : tr("The variable is not set. Set it before starting Brownout, or choose This "
                        "session and paste the key; there is no keychain here.");
    case Source::session:
        return tr("Kept in memory only; gone when Brownout ends.");
    case Source::none:
        break;
    }
    return {};
}

void KeyRow::sourceChosen() {
    const auto source = static_cast<Source>(source_->currentData().toInt());
    const auto now = ref();
    if (now && now->source == source)
        return;
    chain::KeyRef next;
    next.source = source;
    // A name that fits: what it was called, the preset's variable, or the provider's own id.
    const auto* preset = chain::find_preset(provider_.id);
    if (source == Source::env)
        next.name = preset && !preset->key_env.empty() ? preset->key_env : "API_KEY";
    else if (source != Source::none)
        next.name =
            now && now->source != Source::env && !now->name.empty() ? now->name : provider_.id;
    setReference(next.text());
    tell({}, "");
    value_->clear();
    Q_EMIT edited({});
}

void KeyRow::nameFinished() {
    const QString name = name_->text().trimmed();
    const auto now = ref();
    if (!now || name.toStdString() == now->name)
        return;
    if (looksLikeKey(name)) {
        name_->setText(QString::fromStdString(now->name));
        tell(tr("That looks like the key itself. Give it a name here and paste the key below."),
             "bad");
        return;
    }
    chain::KeyRef next = *now;
    next.name = name.toStdString();
    if (name.isEmpty() || !chain::parse_key_ref(next.text())) {
        name_->setText(QString::fromStdString(now->name));
        tell(tr("A key needs a name of letters, digits, dots, dashes and underscores."), "bad");
        return;
    }
    setReference(next.text());
    Q_EMIT edited({});
}

void KeyRow::setValue() {
    const auto key = ref();
    const QByteArray bytes = value_->text().trimmed().toUtf8();
    if (!key || bytes.isEmpty())
        return;
    const auto done = keys_.set(
        *key, Secret(std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
    if (done)
        value_->clear(); // else it stays, masked: nobody should have to find the key again
    if (!done)
        tell(QString::fromStdString(done.error().text()), "bad");
    else
        tell(key->source == Source::keychain ? tr("Stored in the system keychain.")
                                             : tr("Kept in memory for this session."),
             "good");
    refresh();
    if (done)
        Q_EMIT stored();
}

void KeyRow::removeValue() {
    const auto key = ref();
    if (!key)
        return;
    const auto done = keys_.remove(*key);
    if (done)
        tell(tr("Removed."), "good");
    else
        tell(QString::fromStdString(done.error().text()), "bad");
    refresh();
    if (done)
        Q_EMIT stored();
}

void KeyRow::test() {
    if (thread_)
        return;
    const auto key = ref();
    Secret secret;
    if (key && key->source != Source::none) {
        const auto found = keys_.find(*key);
        if (!found)
            return tell(QString::fromStdString(found.error().text()), "bad");
        secret = *found;
    }
    if (provider_.simulated())
        return tell(tr("A simulated provider takes any key."), "good");
    tell(tr("asking %1 ...").arg(QString::fromStdString(provider_.base_url)), "");
    test_->setEnabled(false);
    auto result = std::make_shared<live::KeyTest>();
    QThread* thread = QThread::create(
        [result, provider = provider_, secret] { *result = live::test_key(provider, secret); });
    thread_ = thread;
    connect(thread, &QThread::finished, this,
            [this, result, tested = provider_.id, of = reference()] {
                thread_ = nullptr;
                test_->setEnabled(true);
                if (tested == provider_.id && of == reference()) // still the one on screen
                    tell(QString::fromStdString(result->text), result->valid ? "good" : "bad");
                else
                    refresh();
            });
    RunningTests::all().start(thread);
}

void KeyRow::tell(const QString& text, const char* tone) {
    result_->setText(text);
    result_->setVisible(!text.isEmpty());
    result_->setProperty("tone", QLatin1String(tone));
    result_->style()->unpolish(result_);
    result_->style()->polish(result_);
}

} // namespace brownout::ui
