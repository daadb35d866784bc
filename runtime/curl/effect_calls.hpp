// One attempt of an effect's call, by mail or by webhook.
#pragma once

#include <string>

#include <troupe/port.hpp>
#include "runtime/ports/effects.hpp"

namespace troupe::curl {

/// Both block, at most about as long as the call's time-out, and do what `troupe::smtp` and
/// `troupe::webhook` promise. Thread safe.

/// REQUIRES: the request is a troupe.v1.Mail.
Result<MessagePtr> send_by_mail(const SmtpServer& server, const EffectCall& call);

Result<MessagePtr> post_to_webhook(const std::string& url, const EffectCall& call);

}  // namespace troupe::curl
