// secret: a text that is overwritten when it goes, and that nothing prints by accident.
#pragma once

#include <string>
#include <string_view>

namespace ottla {
inline namespace v0 {

/// A password, a token, a private key. Copies are secrets too. What it is made from is the caller's to overwrite.
class secret {
 public:
  secret() = default;
  secret(std::string_view text) : text_(text) {}
  secret(const std::string& text) : text_(text) {}
  secret(const char* text) : text_(text) {}
  secret(const secret&) = default;
  secret(secret&& other) noexcept { text_.swap(other.text_); }
  secret& operator=(const secret& other) {
    if (this != &other) *this = secret(other);
    return *this;
  }
  secret& operator=(secret&& other) noexcept {
    text_.swap(other.text_);
    if (this != &other) other.wipe();
    return *this;
  }
  ~secret() { wipe(); }

  bool empty() const { return text_.empty(); }
  /// The text itself: to be handed on, not kept.
  std::string_view reveal() const { return text_; }
  /// Overwrites it now.
  void wipe() noexcept;
  friend bool operator==(const secret&, const secret&) = default;

 private:
  std::string text_;
};

/// Overwrites a text in a way that no optimiser leaves out, with all that was reserved for it.
void wipe(std::string& text) noexcept;

}  // namespace v0
}  // namespace ottla
