// What runs a core that Yosys's CXXRTL wrote on files of vectors, and says what is equal.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

using chunks = std::vector<uint32_t>;

// Reads one hexadecimal number a line, its lowest 32 bits first.
static std::vector<chunks> read_mem(const std::string &path) {
  std::ifstream stream(path);
  std::vector<chunks> numbers;
  for (std::string line; std::getline(stream, line);) {
    line = line.substr(0, line.find("//"));
    line.erase(line.find_last_not_of(" \r\t") + 1);
    if (line.empty()) continue;
    chunks number;
    while (!line.empty()) {
      size_t start = line.size() > 8 ? line.size() - 8 : 0;
      number.push_back(std::strtoul(line.substr(start).c_str(), nullptr, 16));
      line.resize(start);
    }
    numbers.push_back(number);
  }
  return numbers;
}

template <size_t Bits> static chunks read(const cxxrtl::value<Bits> &port) {
  return chunks(port.data, port.data + port.chunks);
}

template <size_t Bits> static chunks read(const cxxrtl::wire<Bits> &port) { return read(port.curr); }

static std::string hex(const chunks &number) {
  std::string text;
  char digits[9];
  for (auto chunk = number.rbegin(); chunk != number.rend(); ++chunk) {
    std::snprintf(digits, sizeof digits, "%08x", *chunk);
    text += digits;
  }
  return text;
}

template <class Core, class Clock>
static void run(const std::string &folder, size_t latency, Core &core, Clock clock) {
  auto inputs = read_mem(folder + "/inputs.mem"), expected = read_mem(folder + "/expected.mem");
  size_t equal = 0;
  for (size_t cycle = 0; cycle < inputs.size() + latency; ++cycle) {
    if (cycle < inputs.size())
      for (size_t chunk = 0; chunk < core.p_x.chunks; ++chunk)
        core.p_x.data[chunk] = chunk < inputs[cycle].size() ? inputs[cycle][chunk] : 0;
    clock(false);
    core.step();
    if (cycle >= latency) {
      auto &wanted = expected[cycle - latency];
      auto seen = read(core.p_y);
      wanted.resize(seen.size());
      if (seen == wanted) ++equal;
      else std::printf("%s sample %zu expected %s seen %s\n", folder.c_str(), cycle - latency,
                       hex(wanted).c_str(), hex(seen).c_str());
    }
    clock(true);
    core.step();
  }
  std::printf("%s equal %zu of %zu\n", folder.c_str(), equal, inputs.size());
}
