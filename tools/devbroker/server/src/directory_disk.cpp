// A directory as the disk of a dev broker.
#include "ottla/mock/directory_disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <list>
#include <map>
#include <set>

#include "file_descriptor.hpp"

namespace ottla {
inline namespace v0 {
namespace mock {
namespace {

constexpr std::string_view lock_file = "lock";
constexpr std::string_view half_written = ".new";
constexpr std::size_t most_open_files = 256;

std::string failed(std::string_view doing, std::string_view name) {
  return std::string(doing) + " " + std::string(name) + ": " + std::strerror(errno);
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

struct directory_closer {
  void operator()(DIR* d) const { ::closedir(d); }
};

}  // namespace

class directory_disk::body {
 public:
  body(file_descriptor root, file_descriptor lock, flush_policy policy)
      : root_(std::move(root)), lock_(std::move(lock)), flushes_(policy == flush_policy::at_once) {}

  std::string list(const std::string& folder, std::vector<std::string>& names) {
    const std::string path = folder.empty() ? "." : folder;
    const int fd = ::openat(root_.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, directory_closer> opened(fd < 0 ? nullptr : ::fdopendir(fd));
    if (opened == nullptr) return failed("listing", path);
    while (const dirent* entry = ::readdir(opened.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || (folder.empty() && name == lock_file)) continue;
      const std::string whole = folder.empty() ? name : folder + "/" + name;
      struct stat about {};
      if (::fstatat(root_.get(), whole.c_str(), &about, 0) != 0) return failed("looking at", whole);
      if (S_ISDIR(about.st_mode)) {
        if (!folder.empty()) continue;
        if (std::string why = list(name, names); !why.empty()) return why;
      } else if (whole.ends_with(half_written)) {
        ::unlinkat(root_.get(), whole.c_str(), 0);  // a replacement that was never finished
      } else {
        names.push_back(whole);
      }
    }
    return {};
  }

  std::string read(const std::string& name, std::vector<std::byte>& bytes) {
    const file_descriptor fd(::openat(root_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat about {};
    if (!fd || ::fstat(fd.get(), &about) != 0) return failed("opening", name);
    bytes.resize(static_cast<std::size_t>(about.st_size));
    std::size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t got = ::read(fd.get(), bytes.data() + at, bytes.size() - at);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("reading", name);
      if (got == 0) break;
      at += static_cast<std::size_t>(got);
    }
    bytes.resize(at);
    return {};
  }

  std::string append(const std::string& name, std::span<const std::byte> bytes) {
    if (given_up_.contains(name)) return "writing " + name + ": an earlier write failed and could not be undone";
    std::string why;
    open_file* to = open(name, why);
    if (to == nullptr) return why;
    if (write_all(to->fd.get(), bytes) && flushed(to->fd.get())) {
      to->size += bytes.size();
      return {};
    }
    why = failed("writing", name);
    // After an fsync that failed nobody can say what is on the medium: such a file is not written to again.
    const bool is_undone = ::ftruncate(to->fd.get(), static_cast<off_t>(to->size)) == 0 && !flush_failed_;
    if (!is_undone) given_up_.insert(name);
    flush_failed_ = false;
    forget(name);
    return why;
  }

  std::string replace(const std::string& name, std::span<const std::byte> bytes) {
    if (std::string why = make_folder(name); !why.empty()) return why;
    const std::string fresh = name + std::string(half_written);
    {
      const file_descriptor fd(::openat(root_.get(), fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      if (!fd || !write_all(fd.get(), bytes) || !flushed(fd.get())) {
        std::string why = failed("writing", fresh);
        flush_failed_ = false;
        ::unlinkat(root_.get(), fresh.c_str(), 0);
        return why;
      }
    }
    forget(name);
    if (::renameat(root_.get(), fresh.c_str(), root_.get(), name.c_str()) != 0) return failed("renaming", fresh);
    given_up_.erase(name);
    return flush_folder(name);
  }

  std::string truncate(const std::string& name, std::size_t size) {
    forget(name);
    const file_descriptor fd(::openat(root_.get(), name.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0 || !flushed(fd.get()))
      return failed("cutting", name);
    return {};
  }

  std::string remove(const std::string& name) {
    forget(name);
    if (::unlinkat(root_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return failed("removing", name);
    given_up_.erase(name);
    const std::string folder = folder_of(name);
    // Fails as long as there is something in it.
    if (!folder.empty() && ::unlinkat(root_.get(), folder.c_str(), AT_REMOVEDIR) == 0) return flush_folder(folder);
    return flush_folder(name);
  }

 private:
  struct open_file {
    file_descriptor fd;
    std::size_t size = 0;
    std::list<std::string>::iterator place;  // in recent_
  };

  static std::string folder_of(const std::string& name) {
    const std::size_t slash = name.find('/');
    return slash == std::string::npos ? std::string() : name.substr(0, slash);
  }

  bool flushed(int fd) {
    flush_failed_ = flushes_ && ::fdatasync(fd) != 0;
    return !flush_failed_;
  }

  /// A file that is new, renamed or gone is so for good only when its folder has been flushed.
  std::string flush_folder(const std::string& name) {
    if (!flushes_) return {};
    const std::string folder = folder_of(name).empty() ? "." : folder_of(name);
    const file_descriptor fd(::openat(root_.get(), folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd && errno == ENOENT) return {};
    if (!fd || ::fsync(fd.get()) != 0) return failed("flushing", folder);
    return {};
  }

  std::string make_folder(const std::string& name) {
    const std::string folder = folder_of(name);
    if (folder.empty()) return {};
    if (::mkdirat(root_.get(), folder.c_str(), 0755) == 0) return flush_folder(folder);
    return errno == EEXIST ? std::string() : failed("making", folder);
  }

  open_file* open(const std::string& name, std::string& why) {
    if (const auto known = files_.find(name); known != files_.end()) {
      recent_.splice(recent_.begin(), recent_, known->second.place);
      return &known->second;
    }
    if (why = make_folder(name); !why.empty()) return nullptr;
    open_file made;
    made.fd = file_descriptor(::openat(root_.get(), name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    struct stat about {};
    if (!made.fd || ::fstat(made.fd.get(), &about) != 0) {
      why = failed("opening", name);
      return nullptr;
    }
    if (why = flush_folder(name); !why.empty()) return nullptr;
    made.size = static_cast<std::size_t>(about.st_size);
    if (files_.size() >= most_open_files) forget(std::string(recent_.back()));
    made.place = recent_.insert(recent_.begin(), name);
    return &files_.emplace(name, std::move(made)).first->second;
  }

  void forget(const std::string& name) {
    const auto known = files_.find(name);
    if (known == files_.end()) return;
    recent_.erase(known->second.place);
    files_.erase(known);
  }

  file_descriptor root_;
  file_descriptor lock_;
  const bool flushes_;
  bool flush_failed_ = false;
  std::map<std::string, open_file> files_;  // open for appending
  std::list<std::string> recent_;           // their names, the one used last in front
  std::set<std::string> given_up_;
};

std::unique_ptr<directory_disk> directory_disk::open(const std::string& path, flush_policy policy, std::string& why) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    why = failed("making", path);
    return nullptr;
  }
  file_descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    why = failed("opening", path);
    return nullptr;
  }
  file_descriptor lock(::openat(root.get(), std::string(lock_file).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock) {
    why = failed("writing in", path);
    return nullptr;
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    why = errno == EWOULDBLOCK ? path + " is in use by another broker" : failed("locking", path);
    return nullptr;
  }
  return std::unique_ptr<directory_disk>(
      new directory_disk(std::make_unique<body>(std::move(root), std::move(lock), policy)));
}

directory_disk::directory_disk(std::unique_ptr<body> made) : body_(std::move(made)) {}
directory_disk::~directory_disk() = default;

std::string directory_disk::list(std::vector<std::string>& names) {
  std::string why = body_->list({}, names);
  std::sort(names.begin(), names.end());
  return why;
}
std::string directory_disk::read(std::string_view name, std::vector<std::byte>& bytes) {
  return body_->read(std::string(name), bytes);
}
std::string directory_disk::append(std::string_view name, std::span<const std::byte> bytes) {
  return body_->append(std::string(name), bytes);
}
std::string directory_disk::replace(std::string_view name, std::span<const std::byte> bytes) {
  return body_->replace(std::string(name), bytes);
}
std::string directory_disk::truncate(std::string_view name, std::size_t size) {
  return body_->truncate(std::string(name), size);
}
std::string directory_disk::remove(std::string_view name) { return body_->remove(std::string(name)); }

}  // namespace mock
}  // namespace v0
}  // namespace ottla
