// brownoutctl: the same core as the app, without a window; for scripts, CI and servers.
#include "app/brownoutctl/context.h"
#include "app/common/process.h"
#include "record/report.h"

#include <CLI/CLI.hpp>
#include <QCoreApplication>

int main(int argc, char** argv) {
    brownout::app::forbid_core_dumps();
    const QCoreApplication application(argc, argv); // QtKeychain speaks through its event loop
    using namespace brownout::ctl;

    CLI::App app{"Brownout: build, break and prove chains of AI providers", "brownoutctl"};
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string{brownout::record::engine_version});
    app.footer("Exit codes: 0 done, 1 an expectation failed or evidence does not hold, 2 bad usage "
               "or input,\n3 no complete answer, 4 the environment refused, 130 cancelled.");

    Context context;
    context.cancelled = &brownout::app::cancel_on_signals();
    int code = exit_done;
    add_check(app, context, code);
    add_send(app, context, code);
    add_rehearse(app, context, code);
    add_simulate(app, context, code);
    add_suggest(app, context, code);
    add_calibrate(app, context, code);
    add_lab(app, context, code);
    add_serve(app, context, code);
    add_batch(app, context, code);
    add_compare(app, context, code);
    add_export(app, context, code);
    add_verify(app, context, code);
    add_keys(app, context, code);
    add_translate(app, context, code);
    add_import(app, context, code);
    add_prices(app, context, code);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done
                                    : exit_bad_input; // --help and --version are no errors
    }
    return context.finish(code);
}
